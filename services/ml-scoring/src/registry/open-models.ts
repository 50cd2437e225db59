import { randomUUID } from 'node:crypto'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { sleep } from '@ott/pipeline/back-off'
import type { Bus } from '@ott/pipeline/bus'
import { untilCaughtUp } from '@ott/pipeline/follow-configuration'
import type { Database } from '@ott/postgres/database'
import type { Logger } from '@ott/telemetry/logger'
import type { Registry } from '@ott/telemetry/metrics'
import type { Express } from 'express'
import { startModelAnnouncer } from './announce-models.ts'
import type { ArtefactStore } from './artefact-store.ts'
import { followModels, type ModelDirectory, type ModelLoaders } from './model-directory.ts'
import { openModelRegistry, type ModelRegistry } from './model-registry.ts'
import { addModelRoutes } from './model-routes.ts'
import { observeModels } from './observe-models.ts'
import { openArtefactStore, type ModelStoreSettings } from './open-artefact-store.ts'
import { startShadowComparisons, type ShadowComparisons } from './shadow-comparisons.ts'
import type { StartTraining } from './start-training.ts'

export interface OpenModelsOptions<Servable> {
  readonly settings: ModelStoreSettings
  /** What makes a model of an artefact, by the artefact's kind. */
  readonly loaders: ModelLoaders<Servable>
  readonly startTraining: StartTraining
  readonly bus: Bus
  readonly database: Database
  readonly directory: TenantDirectory
  readonly log: Logger
  readonly registry: Registry
  readonly scope: AsyncDisposableStack
  fail(error: Error): void
}

/** A service's models: what is in force for the stage, and the registry for whoever trains. */
export interface Models<Servable> {
  readonly modelsOf: ModelDirectory<Servable>['modelsOf']
  readonly registry: ModelRegistry
  /** Where artefacts are, and whatever else is kept by its content. */
  readonly store: ArtefactStore
  readonly comparisons: ShadowComparisons
  routes(app: Express): void
}

const announceEveryMs = 5_000
const compareEveryMs = 5_000
const loadMsMax = 15_000

/** Opens the store and follows the tenants' models; returns when what was told so far is loaded or refused, or 15 s have passed. */
export async function openModels<Servable>(options: OpenModelsOptions<Servable>): Promise<Models<Servable>> {
  const { settings, loaders, startTraining, bus, database, directory: tenants, log, registry: metrics, scope, fail } = options
  const store = openArtefactStore(settings)
  const observed = observeModels(metrics)
  const directory = await followModels({
    bus,
    group: `models.ml-scoring.${randomUUID()}`,
    store,
    loaders,
    onInvalid: (detail) => log.error({ detail }, 'a model configuration breaks its contract and was left out'),
    onRefused(tenantId, model, { version, fault, detail }) {
      observed.refused(tenantId, model, fault)
      log.error({ tenantId, model, version, fault, detail }, 'a version of a model does not load here: the champion before stays')
    },
    onChange(tenantId, model, inForce) {
      observed.inForce(tenantId, model, inForce)
      log.info({ tenantId, model, champion: inForce.champion?.version, challengers: inForce.challengers.map(({ version }) => version) }, 'model in force')
    },
    onFatal: fail,
  })
  scope.defer(() => directory.stop())
  // What is scored by another model than the one in force stays scored.
  await untilCaughtUp(directory, "the tenants' models")
  // A store that doesn't answer keeps nobody from scoring for longer than this.
  for (let waitedMs = 0; !directory.isSettled() && waitedMs < loadMsMax; waitedMs += 20) await sleep(20)
  if (!directory.isSettled()) log.warn('not every model is loaded: until it is, its tenant is scored without it')

  const announcer = await startModelAnnouncer({
    database,
    bus,
    tenants: () => tenants.all().map(({ tenantId }) => tenantId),
    intervalMs: announceEveryMs,
    onFault: (error) => log.warn({ error: String(error) }, 'models could not be announced, repeating later'),
  })
  scope.defer(() => announcer.stop())
  const comparisons = startShadowComparisons({
    database,
    intervalMs: compareEveryMs,
    nowMs: Date.now,
    onCounted: observed.compared,
    onFault: (error) => log.warn({ error: String(error) }, 'comparisons of models could not be kept, repeating later'),
  })
  scope.defer(() => comparisons.stop())
  const registry = openModelRegistry({ database, store, announce: announcer.announce })
  return {
    modelsOf: directory.modelsOf,
    registry,
    store,
    comparisons,
    routes: (app) => addModelRoutes(app, { directory: tenants, database, registry, models: directory, startTraining, nowMs: Date.now }),
  }
}
