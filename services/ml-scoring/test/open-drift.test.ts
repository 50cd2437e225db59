import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { inboundTopicOf } from '@ott/contracts/topics'
import { createMemoryBus } from '@ott/pipeline/memory-bus'
import { createLogger } from '@ott/telemetry/logger'
import { createRegistry } from '@ott/telemetry/metrics'
import { openDrift } from '../src/drift/open-drift.ts'
import { addHours, champion, movedFeature } from './drift-fixture.ts'
import { callers, registryPlaces, until, type RegistryPlaces } from './registry-fixture.ts'
import { serveRoutes } from './served-routes.ts'

let places: RegistryPlaces
beforeAll(async () => {
  places = await registryPlaces()
})
afterAll(async () => {
  await places?.[Symbol.asyncDispose]()
})

/** A process of the service, as far as drift goes. */
function process() {
  const registry = createRegistry('test')
  const scope = new AsyncDisposableStack()
  const bus = createMemoryBus()
  const drift = openDrift({
    ...{ database: places.database, bus, registry, scope, log: createLogger({ service: 'test', level: 'fatal' }), checkIntervalMs: 20 },
    directory: { ...callers, all: () => [{ tenantId: 'acme' }] } as unknown as TenantDirectory,
    modelsOf: () => ({ champion: { ...champion, kind: 'ensemble', sha256: '', metrics: {} }, challengers: [] }),
  })
  const shown = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('ott_model_drift{'))
  return { bus, drift, shown, [Symbol.asyncDispose]: () => scope.disposeAsync() }
}

test('what one process counts until it stops, another judges, tells, answers and shows, until it stops itself', async () => {
  const counting = process()
  await counting.bus.createTopics([{ name: inboundTopicOf('acme'), compacted: false, retentionMs: 86_400_000 }], 1)
  addHours(counting.drift.spreads, 600, { atMs: Date.now(), shift: 1.5 })
  await counting[Symbol.asyncDispose]()
  const judging = process()
  await judging.bus.createTopics([{ name: inboundTopicOf('acme'), compacted: false, retentionMs: 86_400_000 }], 1)
  const api = await serveRoutes(judging.drift.routes)
  await until(async () => (await api.call('GET', '/v1/models/risk-ensemble/drift?limit=1')).body.items?.[0]?.['outcome'] === 'drifted')
  await until(async () => (await judging.shown()).length === 38)
  expect((await judging.shown()).filter((line) => line.includes(`feature="${movedFeature}"`))).toHaveLength(2)
  expect(judging.bus.readAll(inboundTopicOf('acme'))).toHaveLength(2)
  await api[Symbol.asyncDispose]()
  await judging[Symbol.asyncDispose]()
  expect(await judging.shown()).toEqual([])
})
