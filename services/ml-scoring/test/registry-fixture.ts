import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { topicCatalogue } from '@ott/contracts/topics'
import { Problem } from '@ott/http/problem'
import { callForTest } from '@ott/http/call-for-test'
import { serveForTest, type ServedApp } from '@ott/http/serve-for-test'
import type { ConfigurationAnnouncer } from '@ott/pipeline/announce-configuration'
import type { Bus } from '@ott/pipeline/bus'
import type { Database } from '@ott/postgres/database'
import type { SchemaDefinition } from '@ott/postgres/migration'
import { startModelAnnouncer } from '../src/registry/announce-models.ts'
import type { ArtefactStore } from '../src/registry/artefact-store.ts'
import { openFileArtefactStore } from '../src/registry/file-artefact-store.ts'
import { followModels, type ModelDirectory, type ModelLoaders } from '../src/registry/model-directory.ts'
import { openModelRegistry, type ModelRegistry, type TrainedModel } from '../src/registry/model-registry.ts'
import { addModelRoutes } from '../src/registry/model-routes.ts'
import type { Actor } from '../src/registry/model-store.ts'
import type { StartTraining } from '../src/registry/start-training.ts'
import { scoringDatabase, type ScoringDatabase } from './scoring-database.ts'

/** A database with the tables of the service, and a folder of artefacts. */
export interface RegistryPlaces extends ScoringDatabase {
  readonly folder: string
  readonly store: ArtefactStore
  empty(): Promise<void>
}

/** @param others schemas of which the service reads */
export async function registryPlaces(others: readonly SchemaDefinition[] = []): Promise<RegistryPlaces> {
  const place = await scoringDatabase(others)
  const { admin, database } = place
  const folder = await mkdtemp(join(tmpdir(), 'ott-models-'))
  return {
    admin,
    database,
    folder,
    store: openFileArtefactStore(folder),
    empty: async () => void (await admin.query('truncate ml_scoring.models, ml_scoring.model_versions, ml_scoring.model_standings, ml_scoring.model_transitions, ml_scoring.model_comparisons')),
    async [Symbol.asyncDispose]() {
      await place[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const anActor = (tenantId = 'acme', keyId = `${tenantId}-ann`): Actor => ({ tenantId, keyId, nowMs: Date.parse('2026-03-01T12:00:00Z') })

/** A model whose artefact says its score, in JSON; see {@link loaders}. */
export function trained(score: number, metrics: Record<string, number> = { auc: 0.9 }, more: Partial<TrainedModel> = {}): TrainedModel {
  return {
    ...{ model: 'risk-ensemble', kind: 'constant', metadata: { columns: 18 }, bytes: Buffer.from(JSON.stringify({ score })) },
    training: { dataSha256: 'd'.repeat(64), seed: 7, codeVersion: 'test', metrics, validation: { metric: 'auc', better: 'higher' } },
    ...more,
  }
}

export interface Constant {
  readonly score: number
}

/** Loads what {@link trained} makes; bytes that are no such JSON don't load. */
export const loaders: ModelLoaders<Constant> = new Map([
  ['constant', ({ bytes }) => {
    const { score } = JSON.parse(Buffer.from(bytes).toString()) as { score?: unknown }
    if (typeof score !== 'number') throw new Error('has no score')
    return { score }
  }],
])

export async function until(holds: () => boolean | Promise<boolean>, forMs = 10_000): Promise<number> {
  const startedMs = performance.now()
  while (!(await holds())) {
    if (performance.now() - startedMs > forMs) throw new Error('did not come to hold')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return performance.now() - startedMs
}

export function createConfigTopics(bus: Bus): Promise<void> {
  return bus.createTopics(topicCatalogue.filter(({ compacted }) => compacted), 1)
}

export function anAnnouncer(database: Database, bus: Bus, intervalMs = 3_600_000, onFault: (error: unknown) => void = () => undefined): Promise<ConfigurationAnnouncer> {
  return startModelAnnouncer({ database, bus, tenants: () => ['acme', 'globex'], intervalMs, onFault })
}

export interface DirectoryLog {
  /** `acme risk-ensemble 3 corrupt` */
  readonly refused: string[]
  readonly invalid: string[]
  readonly changed: string[]
}

/** A process that follows the models; waits until it has caught up. */
export async function aDirectory(bus: Bus, group: string, store: ArtefactStore, log: DirectoryLog = { refused: [], invalid: [], changed: [] }, given: ModelLoaders<Constant> = loaders): Promise<ModelDirectory<Constant>> {
  const directory = await followModels({
    ...{ bus, group, store, loaders: given, retryMs: 20 },
    onInvalid: (detail) => log.invalid.push(detail),
    onRefused: (tenantId, model, { version, fault }) => log.refused.push(`${tenantId} ${model} ${version} ${fault}`),
    onChange: (tenantId, model, { champion, challengers }) => log.changed.push(`${tenantId} ${model} ${champion?.version ?? '-'} [${challengers.map(({ version }) => version).join()}]`),
    onFatal: (error) => {
      throw error
    },
  })
  await until(() => directory.isSettled())
  return directory
}

const keys = new Map<string, { tenant: TenantConfiguration; id: string }>(
  ['acme', 'globex'].flatMap((tenantId) => ['ann', 'ben'].map((person) => [`key-of-${tenantId}-${person}`, { tenant: { tenantId } as TenantConfiguration, id: `${tenantId}-${person}` }])),
)
/** Two tenants with two keys each. */
export const callers = { findByKey: (key: string) => keys.get(key)?.tenant, keyIdOf: (key: string) => keys.get(key)?.id, isCaughtUp: () => true }

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown> & { code?: string; detail?: string; items?: Record<string, unknown>[] }
}

export interface ModelApi extends AsyncDisposable {
  readonly registry: ModelRegistry
  as(tenant?: string, who?: string): (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
}

const nothingServed: Pick<ModelDirectory<unknown>, 'modelsOf' | 'refusedOf'> = { modelsOf: () => ({ champion: undefined, challengers: [] }), refusedOf: () => [] }

const noTraining: StartTraining = async () => {
  throw new Problem(503, 'unavailable', 'nothing trains models in this installation')
}

/** The routes of models on a port of their own. */
export async function aModelApi(
  { database, store }: Pick<RegistryPlaces, 'database' | 'store'>,
  announce: (tenantId: string) => Promise<void>,
  { models = nothingServed, startTraining = noTraining }: { models?: Pick<ModelDirectory<unknown>, 'modelsOf' | 'refusedOf'>; startTraining?: StartTraining } = {},
): Promise<ModelApi> {
  const registry = openModelRegistry({ database, store, announce })
  const app: ServedApp = await serveForTest({ routes: (express) => addModelRoutes(express, { directory: callers, database, registry, models, startTraining, nowMs: Date.now }) })
  return {
    registry,
    as: (tenant = 'acme', who = 'ann') => (method, path, body, headers = {}) =>
      callForTest(app.url, { method, path, body, headers: { 'x-api-key': `key-of-${tenant}-${who}`, ...headers } }) as Promise<Answer>,
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}
