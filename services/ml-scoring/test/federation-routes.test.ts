import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { apiShapes } from '@ott/contracts/api-shapes'
import { nextRunAt } from '../src/federation/begin-due-run.ts'
import { addFederationRoutes } from '../src/federation/federation-routes.ts'
import { listMembers } from '../src/federation/membership-store.ts'
import { aMember, lead, now, quietTerms } from './federation-world.ts'
import { historySchemas } from './history-stand-in.ts'
import { callers, registryPlaces, type RegistryPlaces } from './registry-fixture.ts'
import { serveRoutes, type ServedRoutes } from './served-routes.ts'

const address = '/v1/models/sequence-risk/federation'
const tenants = ['acme', 'globex', 'initech']

let places: RegistryPlaces
let api: ServedRoutes
beforeAll(async () => {
  places = await registryPlaces(historySchemas)
  const { database } = places
  api = await serveRoutes((app) =>
    addFederationRoutes(app, { directory: callers, database, models: ['sequence-risk'], terms: quietTerms, nextRunAt: async (model) => nextRunAt(database, model, '0 3 * * *', await listMembers(database, tenants, model)) }),
  )
})
afterAll(async () => {
  await api?.[Symbol.asyncDispose]()
  await places?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await places.empty()
  await places.admin.query('truncate ml_scoring.federation_runs, ml_scoring.federation_shares, ml_scoring.federation_members, ingest.raw_events, violation.processed_events')
})

test("a tenant's model is averaged with nobody's until it joins, and not when it has left", async () => {
  const before = await api.call('GET', address)
  expect(before).toMatchObject({ status: 200, body: { model: 'sequence-risk', joined: false, joinedAt: null, nextAt: null, privacy: { epsilon: 0, rounds: 0 }, runs: [] } })
  expect(await listMembers(places.database, tenants, 'sequence-risk')).toEqual([])
  const joined = await api.call('PUT', address, { epsilonMax: 4 })
  expect(joined).toMatchObject({ status: 200, body: { joined: true, epsilonMax: 4, terms: { rounds: 3, noiseMultiplier: 0, membersMin: 3 } } })
  expect(apiShapes.Federation.parse(joined.body)).toEqual(joined.body)
  expect(Date.parse(String(joined.body['nextAt']))).toBeGreaterThan(Date.now())
  expect((await api.call('PUT', address, {})).body).toMatchObject({ joined: true, epsilonMax: null })
  expect((await api.call('GET', address, undefined, 'globex')).body).toMatchObject({ joined: false })
  expect([(await api.call('DELETE', address)).status, (await api.call('DELETE', address)).status]).toEqual([204, 404])
  expect((await api.call('GET', address)).body).toMatchObject({ joined: false })
})

test('a member sees what it shared, the budget of all it shared, and of the others nothing', async () => {
  for (const [n, tenantId] of tenants.entries()) await aMember(places, tenantId, [n, n + 1])
  await lead(places, tenants, { terms: { ...quietTerms, rounds: 1, noiseMultiplier: 4 } })
  const { body } = await api.call('GET', address)
  expect(apiShapes.Federation.parse(body)).toEqual(body)
  expect(body).toMatchObject({
    privacy: { epsilon: expect.closeTo(0.926, 3), delta: 1e-5, rounds: 1 },
    runs: [{ status: 'finished', share: 'finished', rounds: 1, roundsDone: 1, version: 1, reason: null, terms: { noiseMultiplier: 4 } }],
  })
  expect(JSON.stringify(body)).not.toMatch(/globex|initech/)
  // Once without noise, and nothing is guaranteed any more.
  await lead(places, tenants, { at: new Date(now.getTime() + 86_400_000) })
  expect((await api.call('GET', address)).body).toMatchObject({ privacy: { epsilon: null, rounds: 4 } })
  // What was shared stays shared when it leaves.
  await api.call('DELETE', address)
  expect((await api.call('GET', address)).body).toMatchObject({ joined: false, privacy: { epsilon: null, rounds: 4 } })
})

test.each([
  [{ epsilonMax: 0 }, 'epsilonMax'],
  [{ epsilonMax: '1' }, 'epsilonMax'],
  [{ noise: 1 }, 'noise'],
])('joining with %j is refused', async (body, field) => {
  const answer = await api.call('PUT', address, body)
  expect([answer.status, JSON.stringify(answer.body)]).toEqual([400, expect.stringContaining(field)])
  expect(await listMembers(places.database, tenants, 'sequence-risk')).toEqual([])
})

test('other models are averaged with nobody\'s, and without a key there is no answer', async () => {
  expect(await api.call('PUT', '/v1/models/seasonal/federation', {})).toMatchObject({ status: 404, body: { detail: expect.stringContaining('sequence-risk') } })
  for (const method of ['GET', 'PUT', 'DELETE']) expect((await api.call(method, address, method === 'PUT' ? {} : undefined, '')).status).toBe(401)
})
