import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { eventAccepted } from '@ott/contracts/event-accepted'
import { eventAssessed } from '@ott/contracts/event-assessed'
import { groupOf, inboundTopicOf } from '@ott/contracts/topics'
import type { Bus } from '@ott/pipeline/bus'
import type { Database } from '@ott/postgres/database'
import type { Logger } from '@ott/telemetry/logger'
import type { Registry } from '@ott/telemetry/metrics'
import type { Express } from 'express'
import { followCounting } from './counted-hours.ts'
import { observeSeries } from './observe-series.ts'
import type { ForecastFor } from './series-forecast.ts'
import { addSeriesRoutes } from './series-routes.ts'
import { startSeriesWatcher } from './series-watcher.ts'

export interface OpenSeriesOptions {
  readonly database: Database
  readonly bus: Pick<Bus, 'publish' | 'endOffsets' | 'lagByPartition'>
  readonly directory: TenantDirectory
  readonly forecastFor: ForecastFor
  readonly latenessMs: number
  readonly log: Logger
  readonly registry: Registry
  readonly scope: AsyncDisposableStack
}

const lookEveryMs = 30_000
const leaseMs = 90_000
/** What events pass before they are counted. */
const entry = { group: groupOf('ingest'), topicOf: inboundTopicOf }
const passages = [
  { group: groupOf('compliance'), topic: eventAccepted.topic },
  { group: groupOf('ml-scoring'), topic: eventAssessed.topic },
]

/** Watches the tenants' hourly series, and tells of them. The stage counts them, see `series-tally.ts`. */
export function openSeries({ database, bus, directory, forecastFor, latenessMs, log, registry, scope }: OpenSeriesOptions): { routes(app: Express): void } {
  const telemetry = observeSeries(registry, () => watcher.isLeader())
  const onFault = (error: unknown) => log.warn({ error: String(error) }, 'series could not be judged, repeating later')
  const watcher = startSeriesWatcher({
    counting: followCounting({ bus, entry, passages, onFault }),
    ...{ database, bus, forecastFor, latenessMs, intervalMs: lookEveryMs, leaseMs },
    tenants: () => directory.all().map(({ tenantId }) => tenantId),
    nowMs: Date.now,
    onTold(tenantId, anomalies) {
      telemetry.told(tenantId, anomalies)
      log.info({ tenantId, anomalies }, 'series unlike themselves')
    },
    onSkipped: (tenantId, series, hours) => log.warn({ tenantId, series, hours }, 'a series was not judged for longer than its model remembers: hours were left out'),
    onForecastFailed: (tenantId, model, error) => log.warn({ tenantId, model, error: String(error) }, 'a forecast failed: the series are judged by their hour of the week'),
    onFigures: telemetry.figures,
    onFault,
  })
  scope.defer(() => watcher.stop())
  return { routes: (app) => addSeriesRoutes(app, { directory, database, nowMs: Date.now }) }
}
