import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { apiShapes } from '@ott/contracts/api-shapes'
import { addLabelRoutes } from '../src/labels/label-routes.ts'
import { historySchemas, keepLived } from './history-stand-in.ts'
import { callers, registryPlaces, type RegistryPlaces } from './registry-fixture.ts'
import { serveRoutes, type ServedRoutes } from './served-routes.ts'

let places: RegistryPlaces
let api: ServedRoutes
beforeAll(async () => {
  places = await registryPlaces(historySchemas)
  api = await serveRoutes((app) => addLabelRoutes(app, { directory: callers, database: places.database }))
  const atMs = Date.parse('2026-03-10T08:00:00Z')
  const events = [0, 1, 2].map((n) => ({ type: 'com.ott.playback.started.v1', subject: `v-${n}`, atMs: atMs + n * 1_000, data: {} }))
  await keepLived(places.admin, 'acme', events)
  await keepLived(places.admin, 'globex', events.slice(0, 1), 'g')
})
afterAll(async () => {
  await api?.[Symbol.asyncDispose]()
  await places?.[Symbol.asyncDispose]()
})
beforeEach(() => places.admin.query('truncate ml_scoring.labels'))

test('a processed event is labelled with viewer, time and who said so; of two labels the later holds', async () => {
  const answer = await api.call('POST', '/v1/labels', { eventId: 'e-1', verdict: 'confirmed', note: 'account takeover' })
  expect(answer).toMatchObject({ status: 201, body: { eventId: 'e-1', subject: 'v-1', eventTime: '2026-03-10T08:00:01.000Z', verdict: 'confirmed', note: 'account takeover', labelledBy: 'acme-ann' } })
  expect(apiShapes.Label.parse(answer.body)).toEqual(answer.body)
  expect((await api.call('POST', '/v1/labels', { eventId: 'e-1', verdict: 'false-positive' })).body).toMatchObject({ verdict: 'false-positive', note: '' })
  expect((await api.call('GET', '/v1/labels')).body.items).toMatchObject([{ eventId: 'e-1', verdict: 'false-positive' }])
})

test('labels come the latest first, in pages that lead to all of them, to their own tenant', async () => {
  for (const n of [0, 1, 2]) await api.call('POST', '/v1/labels', { eventId: `e-${n}`, verdict: 'confirmed' })
  const first = await api.call('GET', '/v1/labels?limit=2')
  expect(apiShapes.LabelPage.parse(first.body)).toEqual(first.body)
  const second = await api.call('GET', `/v1/labels?limit=2&cursor=${String(first.body['next'])}`)
  expect([...(first.body.items ?? []), ...(second.body.items ?? [])].map(({ eventId }) => eventId)).toEqual(['e-2', 'e-1', 'e-0'])
  expect(second.body['next']).toBeNull()
  expect((await api.call('GET', '/v1/labels', undefined, 'globex')).body.items).toEqual([])
})

test('an event that wasn\'t processed, or is another tenant\'s, can\'t be labelled', async () => {
  for (const eventId of ['none', 'g-0']) expect((await api.call('POST', '/v1/labels', { eventId, verdict: 'confirmed' })).status).toBe(404)
  expect((await api.call('GET', '/v1/labels')).body.items).toEqual([])
})

test.each([
  [{ eventId: 'e-1', verdict: 'maybe' }, 'verdict'],
  [{ eventId: '', verdict: 'confirmed' }, 'eventId'],
  [{ eventId: 'e-1', verdict: 'confirmed', note: 'x'.repeat(2_001) }, 'note'],
])('a label of %j is refused', async (body, field) => {
  const answer = await api.call('POST', '/v1/labels', body)
  expect([answer.status, (answer.body['errors'] as { field: string }[])[0]?.field]).toEqual([400, field])
})

test('without a key nothing is told or said', async () => {
  expect((await api.call('GET', '/v1/labels', undefined, '')).status).toBe(401)
  expect((await api.call('POST', '/v1/labels', { eventId: 'e-1', verdict: 'confirmed' }, '')).status).toBe(401)
})
