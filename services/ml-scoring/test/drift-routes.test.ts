import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { windowedFactorNames } from '@ott/anomaly/factor-windows'
import { apiShapes } from '@ott/contracts/api-shapes'
import { checkDrift } from '../src/drift/check-drift.ts'
import { addDriftRoutes } from '../src/drift/drift-routes.ts'
import { champion, detectors, emptyDrift, meet, movedFeature, nowMs } from './drift-fixture.ts'
import { callers, registryPlaces, type RegistryPlaces } from './registry-fixture.ts'
import { serveRoutes, type ServedRoutes } from './served-routes.ts'

let places: RegistryPlaces
let api: ServedRoutes
beforeAll(async () => {
  places = await registryPlaces()
  api = await serveRoutes((app) => addDriftRoutes(app, { directory: callers, database: places.database }))
})
afterAll(async () => {
  await api?.[Symbol.asyncDispose]()
  await places?.[Symbol.asyncDispose]()
})
beforeEach(() => emptyDrift(places))

const drift = '/v1/models/risk-ensemble/drift'
const settings = '/v1/models/risk-ensemble/drift-settings'
const check = (minutes: number, servable = champion.servable) =>
  checkDrift('acme', 'risk-ensemble', { version: 1, servable }, new Date(nowMs + minutes * 60_000), { database: places.database, bus: { publish: async () => undefined }, onTraining: () => undefined })
const told = async (query = '', tenant = 'acme') => {
  const { status, body } = await api.call('GET', `${drift}${query}`, undefined, tenant)
  expect(status).toBe(200)
  // As the OpenAPI document says, and nothing else.
  expect(apiShapes.ModelDrift.parse(body)).toEqual(body)
  return apiShapes.ModelDrift.parse(body)
}

test('looks are answered the latest first, several of a day, feature by feature with their limits and the scores last', async () => {
  expect(await told()).toEqual({ model: 'risk-ensemble', settings: { trainOnDrift: false, psiLimit: 0.25, ksLimit: 0.15 }, items: [] })
  await meet(places, 500)
  await check(0)
  await meet(places, 5_000, { shift: 2, scoreShift: 2 })
  await check(10)
  const { items } = await told()
  expect(items.map(({ outcome, observations, since }) => [outcome, observations, since])).toEqual([
    ['drifted', 5_500, '2026-03-02T12:10:00.000Z'],
    ['stable', 500, '2026-03-02T12:00:00.000Z'],
  ])
  expect(items[0]!.columns.map(({ feature }) => feature)).toEqual([...windowedFactorNames, null])
  expect(items[0]!.columns.filter(({ drifts }) => drifts.length > 0).map(({ feature, drifts }) => [feature, drifts.map(({ measure }) => measure)])).toEqual([[movedFeature, ['psi', 'ks']], [null, ['psi', 'ks']]])
  expect((await told('', 'globex')).items).toEqual([])
})

test('as many are answered as are asked for', async () => {
  for (let minutes = 0; minutes < 4; minutes += 1) await check(minutes)
  expect((await told('?limit=2')).items.map(({ checkedAt }) => checkedAt)).toEqual(['2026-03-02T12:03:00.000Z', '2026-03-02T12:02:00.000Z'])
  for (const limit of ['0', '501', 'all', '1.5']) expect(await api.call('GET', `${drift}?limit=${limit}`)).toMatchObject({ status: 400, body: { errors: [{ field: 'limit' }] } })
})

test('a champion without a reference is not passed over in silence', async () => {
  await check(0, { ...detectors, reference: undefined })
  expect((await told()).items).toMatchObject([{ version: 1, outcome: 'no-reference', columns: [] }])
})

test("settings are replaced as a whole, are the tenant's own, and are answered with the limits that hold", async () => {
  const set = await api.call('PUT', settings, { trainOnDrift: true, psiLimit: 0.5 })
  expect(set).toMatchObject({ status: 200, body: { model: 'risk-ensemble', trainOnDrift: true, psiLimit: 0.5, ksLimit: 0.15 } })
  expect(apiShapes.ModelDriftSettings.parse(set.body)).toEqual(set.body)
  expect((await told()).settings).toEqual({ trainOnDrift: true, psiLimit: 0.5, ksLimit: 0.15 })
  expect((await told('', 'globex')).settings).toEqual({ trainOnDrift: false, psiLimit: 0.25, ksLimit: 0.15 })
  expect((await api.call('PUT', settings, { ksLimit: 0.3, psiLimit: null })).body).toMatchObject({ trainOnDrift: false, psiLimit: 0.25, ksLimit: 0.3 })
  expect(await places.admin.query('select tenant_id, set_by from ml_scoring.drift_settings')).toEqual([{ tenant_id: 'acme', set_by: 'acme-ann' }])
})

test.each([
  [{ psiLimit: 0.09 }, 'psiLimit'],
  [{ psiLimit: 2.1 }, 'psiLimit'],
  [{ ksLimit: 0.04 }, 'ksLimit'],
  [{ ksLimit: 0.6 }, 'ksLimit'],
  [{ ksLimit: '0.2' }, 'ksLimit'],
  [{ trainOnDrift: 'yes' }, 'trainOnDrift'],
  [{ retrain: true }, 'retrain'],
])('settings of %j are refused, naming %s, as the OpenAPI document says', async (body, field) => {
  const answer = await api.call('PUT', settings, body)
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid-request'])
  expect(JSON.stringify(answer.body['errors'])).toContain(field)
  expect(apiShapes.ModelDriftSettingsRequest.safeParse(body).success).toBe(false)
  expect(await places.admin.query('select 1 from ml_scoring.drift_settings')).toEqual([])
})

test('the bounds themselves are taken, as the OpenAPI document says', async () => {
  for (const body of [{ psiLimit: 0.1, ksLimit: 0.05 }, { psiLimit: 2, ksLimit: 0.5 }, {}]) {
    expect((await api.call('PUT', settings, body)).status).toBe(200)
    expect(apiShapes.ModelDriftSettingsRequest.safeParse(body).success).toBe(true)
  }
})

test("without a key, or of a model that isn't watched, nothing is told or set", async () => {
  expect([(await api.call('GET', drift, undefined, '')).status, (await api.call('PUT', settings, {}, '')).status]).toEqual([401, 401])
  for (const name of ['none', 'seasonal', '%27--']) {
    expect([(await api.call('GET', `/v1/models/${name}/drift`)).status, (await api.call('PUT', `/v1/models/${name}/drift-settings`, {})).status]).toEqual([404, 404])
  }
  expect((await api.call('PUT', settings, '{')).status).toBe(400)
  expect(await places.admin.query('select 1 from ml_scoring.drift_settings')).toEqual([])
})
