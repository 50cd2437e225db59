import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { openSubgraph } from '@ott/graphql/subgraph'
import { serveForTest, type ServedApp } from '@ott/http/serve-for-test'
import { createLogger } from '@ott/telemetry/logger'
import { createRegistry } from '@ott/telemetry/metrics'
import { openModelRegistry, type ModelRegistry } from '../src/registry/model-registry.ts'
import { resolvers, scoringContext, type ScoringContext } from '../src/subgraph/resolvers.ts'
import { checkDrift } from '../src/drift/check-drift.ts'
import { champion, dayMs, emptyDrift, meet, movedFeature, nowMs } from './drift-fixture.ts'
import { noModels } from './no-models.ts'
import { anActor, callers, registryPlaces, trained, type RegistryPlaces } from './registry-fixture.ts'

let places: RegistryPlaces
let registry: ModelRegistry
let app: ServedApp
const scope = new AsyncDisposableStack()
beforeAll(async () => {
  places = await registryPlaces()
  registry = openModelRegistry({ database: places.database, store: places.store, announce: async () => undefined })
  const subgraph = await openSubgraph<ScoringContext>({
    schemaFile: new URL('../src/subgraph/schema.graphql', import.meta.url),
    resolvers,
    context: (caller) => scoringContext({ database: places.database, models: { registry, modelsOf: () => ({ champion: undefined, challengers: [] }) }, learned: noModels, nowMs: Date.now, partitions: async () => 1 }, caller),
    directory: callers,
    log: createLogger({ service: 'test', level: 'fatal' }),
    registry: createRegistry('test'),
    scope,
  })
  app = await serveForTest({ routes: (express) => subgraph.mount(express) })
})
afterAll(async () => {
  await app?.[Symbol.asyncDispose]()
  await scope.disposeAsync()
  await places?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await places.empty()
  await emptyDrift(places)
})

async function ask(query: string, variables: object = {}, tenant = 'acme') {
  const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-api-key': `key-of-${tenant}-ann` }, body: JSON.stringify({ query, variables }) })
  return (await response.json()) as { data: Record<string, never> | null; errors?: { message: string; extensions: { code: string } }[] }
}
const register = async (...aucs: number[]) => {
  for (const auc of aucs) await registry.register(anActor(), trained(auc, { auc }))
}
const promote = (version: number, more = '') => ask(`mutation { promoteModelVersion(model: "risk-ensemble", version: ${version}${more}) { id status transitions { action by reason forced } } }`)

test('a model is told with its champion, its challengers, its versions and their history', async () => {
  await register(0.9, 0.91)
  expect((await promote(1, ', reason: "The first of all models."')).data).toEqual({
    promoteModelVersion: { id: 'risk-ensemble/1', status: 'champion', transitions: [{ action: 'register', by: 'acme-ann', reason: null, forced: false }, { action: 'promote', by: 'acme-ann', reason: 'The first of all models.', forced: false }] },
  })
  await ask('mutation { challengeModelVersion(model: "risk-ensemble", version: 2) { id } }')
  const { data } = await ask(`{ models { name sequence champion { id metrics { name value } validationMetric model { name } } challengers { version comparisons { events } }
    versions(first: 1) { nodes { version } pageInfo { hasNextPage endCursor } } } model(name: "seasonal") { name } }`)
  expect(data).toEqual({
    models: [
      {
        ...{ name: 'risk-ensemble', sequence: 2, champion: { id: 'risk-ensemble/1', metrics: [{ name: 'auc', value: 0.9 }], validationMetric: 'auc', model: { name: 'risk-ensemble' } } },
        ...{ challengers: [{ version: 2, comparisons: [] }], versions: { nodes: [{ version: 2 }], pageInfo: { hasNextPage: true, endCursor: expect.any(String) } } },
      },
    ],
    model: null,
  })
})

test('what the gate or the caller says is told with the code that REST has', async () => {
  await register(0.9, 0.5)
  await promote(1)
  expect((await promote(2)).errors).toMatchObject([{ extensions: { code: 'CONFLICT' }, message: expect.stringMatching(/^validates-worse: auc is 0\.5/) }])
  expect((await promote(2, ', force: true')).errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  expect((await promote(2, ', tolerance: 0.5')).errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  expect((await promote(7)).errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
  expect((await promote(2, ', force: true, reason: "The champion leaks its labels."')).data).toMatchObject({ promoteModelVersion: { status: 'champion' } })
  expect((await ask('mutation { rollBackModel(model: "risk-ensemble") { id status } }')).data).toEqual({ rollBackModel: { id: 'risk-ensemble/1', status: 'champion' } })
})

test('other parts of the graph find models and versions by their keys, each tenant its own alone', async () => {
  await register(0.9)
  const entities = 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Model { name } ... on ModelVersion { id sha256 } } }'
  const of = [{ __typename: 'Model', name: 'risk-ensemble' }, { __typename: 'ModelVersion', id: 'risk-ensemble/1' }, { __typename: 'ModelVersion', id: 'risk-ensemble/2' }, { __typename: 'ModelVersion', id: "'" }]
  expect((await ask(entities, { of })).data).toEqual({ _entities: [{ name: 'risk-ensemble' }, { id: 'risk-ensemble/1', sha256: expect.any(String) }, null, null] })
  expect((await ask(entities, { of }, 'globex')).data).toEqual({ _entities: [null, null, null, null] })
  expect((await ask('{ models { name } }', {}, 'globex')).data).toEqual({ models: [] })
  expect((await ask('mutation { promoteModelVersion(model: "risk-ensemble", version: 1) { id } }', {}, 'globex')).errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
})

test('a model tells its latest look at drift, feature by feature, each tenant its own', async () => {
  await register(0.9)
  const drift = async (tenant = 'acme') => (await ask('{ model(name: "risk-ensemble") { drift { version outcome since checkedAt observations features { feature isDrifted psiLimit } scores { feature psi isDrifted } } } }', {}, tenant)).data
  expect(await drift()).toEqual({ model: { drift: null } })
  const check = (atMs: number, servable = champion.servable) => checkDrift('acme', 'risk-ensemble', { version: 1, servable }, new Date(atMs), { database: places.database, bus: { publish: async () => undefined }, onTraining: () => undefined })
  await meet(places, 500, { shift: 1.2 })
  await check(nowMs - 60_000)
  await check(nowMs)
  expect(await drift()).toMatchObject({ model: { drift: { version: 1, outcome: 'drifted', since: '2026-03-02T11:59:00.000Z', checkedAt: '2026-03-02T12:00:00.000Z', observations: 500, scores: { feature: null, isDrifted: false } } } })
  const { features } = ((await drift()) as unknown as { model: { drift: { features: { feature: string; isDrifted: boolean; psiLimit: number }[] } } }).model.drift
  expect(features).toHaveLength(18)
  expect(features.filter(({ isDrifted }) => isDrifted)).toEqual([{ feature: movedFeature, isDrifted: true, psiLimit: 0.25 }])
  await check(nowMs + 3 * dayMs)
  expect(await drift()).toMatchObject({ model: { drift: { outcome: 'tooFew', observations: 0 } } })
  await check(nowMs + 4 * dayMs, { ...champion.servable, reference: undefined })
  expect(await drift()).toMatchObject({ model: { drift: { outcome: 'noReference', features: [], scores: null } } })
  expect(await drift('globex')).toEqual({ model: null })
})
