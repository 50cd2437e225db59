import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { apiShapes } from '@ott/contracts/api-shapes'
import { addTrainingRoutes } from '../src/training/training-routes.ts'
import { claimTraining, createTraining, endTraining, saveTrainingProgress } from '../src/training/training-run-store.ts'
import { callers, registryPlaces, type RegistryPlaces } from './registry-fixture.ts'
import { serveRoutes, type ServedRoutes } from './served-routes.ts'

let places: RegistryPlaces
let api: ServedRoutes
beforeAll(async () => {
  places = await registryPlaces()
  api = await serveRoutes((app) => addTrainingRoutes(app, { directory: callers, database: places.database, models: ['risk-ensemble', 'sequence-risk'], nowMs: () => Date.parse('2026-03-11T12:00:00Z') }))
})
afterAll(async () => {
  await api?.[Symbol.asyncDispose]()
  await places?.[Symbol.asyncDispose]()
})
beforeEach(() => places.admin.query('truncate ml_scoring.training_runs, ml_scoring.training_schedules'))

async function queued(tenantId = 'acme', model = 'risk-ensemble'): Promise<string> {
  const run = await createTraining(places.database, { tenantId, model, requestedBy: 'k-1', seed: 7, from: new Date('2026-02-01T00:00:00Z'), to: new Date('2026-03-01T00:00:00Z') })
  if (run === undefined) throw new Error('the queue is full')
  return run.id
}
const schedule = '/v1/training-schedules/risk-ensemble'

test('a run is told with how far it is as a whole, and with its version when it has ended', async () => {
  const id = await queued()
  const get = async () => apiShapes.TrainingRun.parse((await api.call('GET', `/v1/training-runs/${id}`)).body)
  expect(await get()).toMatchObject({ id, status: 'queued', requestedBy: 'k-1', progress: 0, phase: null, from: '2026-02-01T00:00:00.000Z' })
  const claimed = (await claimTraining(places.database, ['acme'], 60_000))!
  await saveTrainingProgress(places.database, claimed, { phase: 'training', progress: 0.5 }, 60_000)
  expect(await get()).toMatchObject({ status: 'running', phase: 'training', progress: 0.5 })
  await endTraining(places.database, claimed, { status: 'finished', version: 3, metrics: { auc: 0.9, ap: null }, codeVersion: 'c-1' })
  expect(await get()).toMatchObject({ status: 'finished', progress: 1, version: 3, metrics: { auc: 0.9, ap: null } })
})

test('runs come newest first in pages that lead to all of them, of one model where it is named', async () => {
  const ids = [await queued(), await queued('acme', 'sequence-risk'), await queued()]
  await queued('globex')
  const seen: string[] = []
  for (let next: string | null = ''; next !== null; ) {
    const { body } = await api.call('GET', `/v1/training-runs?limit=2${next === '' ? '' : `&cursor=${next}`}`)
    expect(apiShapes.TrainingRunPage.parse(body)).toEqual(body)
    const page = apiShapes.TrainingRunPage.parse(body)
    seen.push(...page.items.map(({ id }) => id))
    next = page.next
  }
  expect(seen.toSorted()).toEqual(ids.toSorted())
  expect((await api.call('GET', '/v1/training-runs?model=sequence-risk')).body.items?.map(({ id }) => id)).toEqual([ids[1]])
  expect((await api.call('GET', '/v1/training-runs?limit=0')).status).toBe(400)
})

test('a run is cancelled by its own tenant alone, and one that has ended stays as it is', async () => {
  const id = await queued()
  expect((await api.call('POST', `/v1/training-runs/${id}:cancel`, {}, 'globex')).status).toBe(404)
  expect((await api.call('GET', `/v1/training-runs/${id}`, undefined, 'globex')).status).toBe(404)
  expect(await api.call('POST', `/v1/training-runs/${id}:cancel`)).toMatchObject({ status: 200, body: { id, status: 'cancelled' } })
  const { body } = await api.call('GET', `/v1/training-runs/${id}`)
  expect((await api.call('POST', `/v1/training-runs/${id}:cancel`)).body).toEqual(body)
  for (const none of ['none', '00000000-0000-0000-0000-000000000000', '%27']) expect((await api.call('GET', `/v1/training-runs/${none}`)).status).toBe(404)
})

test('a schedule is set, told with its next turn by its own clock, replaced and removed', async () => {
  const set = await api.call('PUT', schedule, { cron: '0 3 * * *', timeZone: 'Europe/Berlin' })
  expect(set).toMatchObject({ status: 200, body: { model: 'risk-ensemble', periodDays: 30, nextAt: '2026-03-12T02:00:00.000Z', setBy: 'acme-ann' } })
  expect(apiShapes.TrainingSchedule.parse(set.body)).toEqual(set.body)
  await api.call('PUT', schedule, { cron: '0 4 * * *', periodDays: 7 })
  const { body } = await api.call('GET', '/v1/training-schedules')
  expect(apiShapes.TrainingScheduleList.parse(body)).toEqual(body)
  expect(body.items).toMatchObject([{ cron: '0 4 * * *', timeZone: 'UTC', periodDays: 7, nextAt: '2026-03-12T04:00:00.000Z' }])
  expect((await api.call('GET', '/v1/training-schedules', undefined, 'globex')).body.items).toEqual([])
  expect((await api.call('DELETE', schedule, undefined, 'globex')).status).toBe(404)
  expect([(await api.call('DELETE', schedule)).status, (await api.call('DELETE', schedule)).status]).toEqual([204, 404])
})

test.each([
  [{ cron: '0 3 * * *', timeZone: 'Mars/Olympus' }, 'timeZone'],
  [{ cron: '*/5 * * * *' }, 'cron'],
  [{ cron: '0 3 * * *', periodDays: 0 }, 'periodDays'],
  [{}, 'cron'],
])('a schedule of %j is refused, naming %s', async (body, field) => {
  const answer = await api.call('PUT', schedule, body)
  expect([answer.status, (answer.body['errors'] as { field: string }[])[0]?.field]).toEqual([400, field])
})

test('without a key, or for a model that can\'t be trained, there is nothing', async () => {
  for (const [method, path] of [['GET', '/v1/training-runs'], ['GET', '/v1/training-schedules'], ['PUT', schedule], ['DELETE', schedule]] as const) expect((await api.call(method, path, undefined, '')).status).toBe(401)
  expect((await api.call('PUT', '/v1/training-schedules/seasonal', { cron: '0 3 * * *' })).status).toBe(404)
})
