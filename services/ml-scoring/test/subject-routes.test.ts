import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { apiShapes } from '@ott/contracts/api-shapes'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { serveForTest, type ServedApp } from '@ott/http/serve-for-test'
import { addSubjectRoutes } from '../src/subject-routes.ts'
import { resolvers, scoringContext } from '../src/subgraph/resolvers.ts'
import { failedSignIn } from './assessed-fixture.ts'
import { keepScored } from './keep-scored.ts'
import { noModels } from './no-models.ts'
import { scoringDatabase, type ScoringDatabase } from './scoring-database.ts'

const tenants = new Map(['acme', 'globex'].map((tenantId) => [`key-of-${tenantId}`, { tenantId } as TenantConfiguration]))
const directory = { findByKey: (key: string) => tenants.get(key), isCaughtUp: () => true }
const partitions = async () => 1
const subject = 'viewer/ä 1?'

let place: ScoringDatabase
let database: ScoringDatabase['database']
let app: ServedApp
beforeAll(async () => {
  place = await scoringDatabase()
  ;({ database } = place)
  app = await serveForTest({ routes: (express) => addSubjectRoutes(express, { directory, database, learned: noModels, partitions }) })
  await keepScored(database, ['acme', 'globex'], [0, 1, 2, 3].map((n) => failedSignIn(n, { subject })))
})
afterAll(async () => {
  await app?.[Symbol.asyncDispose]()
  await place?.[Symbol.asyncDispose]()
})

async function ask(id: string, tenant: string | null = 'acme') {
  const response = await fetch(`${app.url}/v1/subjects/${encodeURIComponent(id)}/risk`, { headers: tenant === null ? {} : { 'x-api-key': `key-of-${tenant}` } })
  return { status: response.status, type: response.headers.get('content-type'), body: (await response.json()) as Record<string, unknown> }
}

test('tells the risk with its factors, windows and experience, in the documented shape, of an id with any characters', async () => {
  const { status, body } = await ask(subject)
  expect(status).toBe(200)
  const told = apiShapes.SubjectRisk.strict().parse(body)
  expect(told).toMatchObject({ subject, modelVersions: ['robust-z.v1'], seen: { events: 4, hours: 1 }, latestEventAt: '2026-03-01T12:00:03.000Z' })
  expect(told.windows.find(({ name }) => name === 'signInFailures')).toEqual({ name: 'signInFailures', hour: 4, day: 4, week: 4 })
  expect(told.factors.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(told.score, 12)
  expect(told.score).toBeGreaterThan(0)
  expect(Math.abs(Date.now() - Date.parse(told.asOf ?? ''))).toBeLessThan(3_600_000)
})

test('the graph tells the same of a viewer', async () => {
  const { body } = await ask(subject)
  const context = scoringContext({ database, models: { registry: undefined as never, modelsOf: () => ({ champion: undefined, challengers: [] }) }, learned: noModels, nowMs: Date.now, partitions }, { tenantId: 'acme' } as Parameters<typeof scoringContext>[1])
  const { windows, seen, latestEventAt, asOf } = body
  expect(await resolvers.Subject.state({ id: subject }, undefined, context)).toMatchObject({ windows, seen, latestEventAt, asOf })
  expect((await resolvers.Subject.risk({ id: subject }, undefined, context))?.score).toBe(body['score'])
})

test("a viewer nobody knows, and one of another tenant's, are not found; who has no key learns nothing", async () => {
  for (const answer of [await ask('nobody'), await ask(subject, 'globex')]) {
    expect(answer).toMatchObject({ status: 404, body: { code: 'not-found', type: 'urn:ott:problem:not-found' } })
    expect(answer.type).toMatch(/^application\/problem\+json/)
  }
  expect(await ask(subject, null)).toMatchObject({ status: 401 })
  expect(await ask(subject, 'nobody')).toMatchObject({ status: 401 })
})
