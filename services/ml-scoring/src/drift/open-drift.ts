import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { ModelName } from '@ott/contracts/model-configured'
import type { Bus } from '@ott/pipeline/bus'
import type { Database } from '@ott/postgres/database'
import type { Logger } from '@ott/telemetry/logger'
import type { Registry } from '@ott/telemetry/metrics'
import type { Express } from 'express'
import type { ModelsInForce } from '../registry/model-directory.ts'
import type { ServableModel } from '../scoring/servable-model.ts'
import { addDriftRoutes } from './drift-routes.ts'
import { startLiveSpreads, type LiveSpreads } from './live-spreads.ts'
import { observeDrift } from './observe-drift.ts'
import { watchDrift } from './watch-drift.ts'

export interface OpenDriftOptions {
  readonly database: Database
  readonly bus: Pick<Bus, 'publish'>
  readonly directory: TenantDirectory
  modelsOf(tenantId: string, model: ModelName): ModelsInForce<ServableModel>
  readonly checkIntervalMs: number
  readonly log: Logger
  readonly registry: Registry
  readonly scope: AsyncDisposableStack
}

const flushEveryMs = 5_000

/** Whether champions still meet what they were trained on: counted where events are scored, judged by one process. */
export function openDrift({ database, bus, directory, modelsOf, checkIntervalMs, log, registry, scope }: OpenDriftOptions): { readonly spreads: LiveSpreads; routes(app: Express): void } {
  const spreads = startLiveSpreads({ database, intervalMs: flushEveryMs, nowMs: Date.now, onFault: (error) => log.warn({ error: String(error) }, 'what models meet could not be kept, repeating later') })
  scope.defer(() => spreads.stop())
  const observe = observeDrift(registry, () => watch.isLeader())
  const watch = watchDrift({
    database,
    bus,
    tenants: () => directory.all().map(({ tenantId }) => tenantId),
    modelsOf,
    intervalMs: checkIntervalMs,
    leaseMs: Math.max(30_000, 3 * checkIntervalMs),
    nowMs: Date.now,
    onReport: observe,
    onTraining: ({ id, tenantId, model }) => log.info({ runId: id, tenantId, model }, 'training queued, since the model has drifted'),
    onFault: (error) => log.warn({ error: String(error) }, 'drift could not be judged, repeating later'),
  })
  scope.defer(() => watch.stop())
  return { spreads, routes: (app) => addDriftRoutes(app, { directory, database }) }
}
