import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { fitCalibration } from '@ott/anomaly/calibrate'
import { windowOfSequence, type EventSequence } from '@ott/anomaly/event-sequence'
import { apiShapes } from '@ott/contracts/api-shapes'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { serveForTest, type ServedApp } from '@ott/http/serve-for-test'
import { encodeWeights } from '@ott/neural/network-weights'
import { openTensorflow } from '@ott/neural/open-tensorflow'
import { initialWeights } from '@ott/neural/transformer/initial-weights'
import { transformerNetwork } from '@ott/neural/transformer/transformer-network'
import { viewerTransformer } from '@ott/neural/transformer/transformer-shape'
import { addAttentionRoutes } from '../src/attention/attention-routes.ts'
import type { ModelsInForce } from '../src/registry/model-directory.ts'
import { modelLoaders, type ServableModel } from '../src/scoring/servable-model.ts'
import { resolvers, scoringContext } from '../src/subgraph/resolvers.ts'
import { failedSignIn } from './assessed-fixture.ts'
import { keepScored } from './keep-scored.ts'
import { noModels } from './no-models.ts'
import { scoringDatabase, type ScoringDatabase } from './scoring-database.ts'

const tenants = new Map(['acme', 'globex', 'none'].map((tenantId) => [`key-of-${tenantId}`, { tenantId } as TenantConfiguration]))
const directory = { findByKey: (key: string) => tenants.get(key), isCaughtUp: () => true }
const subject = 'viewer/ä 1?'
const { steps, features, layers, heads } = viewerTransformer
const weights = initialWeights(viewerTransformer, 5)
const metrics = { auc: 0.9, 'importance.pause': 0.01, 'importance.signIn': 0.2 }

let place: ScoringDatabase
let database: ScoringDatabase['database']
let app: ServedApp
let encoder: ServableModel
const modelsOf = (tenantId: string, model: string): ModelsInForce<ServableModel> => ({
  champion: tenantId === 'none' || model !== 'sequence-risk' ? undefined : { version: 3, kind: 'event-encoder', sha256: '', metrics, servable: encoder },
  challengers: [],
})
beforeAll(async () => {
  place = await scoringDatabase()
  ;({ database } = place)
  const calibration = fitCalibration(Array.from({ length: 1_000 }, (_, n) => n / 1_000))
  encoder = await modelLoaders.get('event-encoder')!({ bytes: encodeWeights(weights), metadata: { calibration } })
  app = await serveForTest({ routes: (express) => addAttentionRoutes(express, { directory, database, modelsOf }) })
  const events = ['acme', 'none'].flatMap((tenantId) => Array.from({ length: 30 }, (_, n) => failedSignIn(n * n, { subject, tenantId })))
  await keepScored(database, [...tenants.values()].map(({ tenantId }) => tenantId), events)
})
afterAll(async () => {
  await app?.[Symbol.asyncDispose]()
  await place?.[Symbol.asyncDispose]()
})

async function ask(id: string, tenant: string | null = 'acme') {
  const response = await fetch(`${app.url}/v1/subjects/${encodeURIComponent(id)}/attention`, { headers: tenant === null ? {} : { 'x-api-key': `key-of-${tenant}` } })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test("tells a viewer's last 24 events with where the model looked, the risk it says, what it relies on and what that picture doesn't say, in the documented shape", async () => {
  const { status, body } = await ask(subject)
  expect(status).toBe(200)
  const told = apiShapes.SubjectAttention.strict().parse(body)
  expect(told).toMatchObject({ subject, modelVersion: 'sequence-risk.3', importance: [{ feature: 'signIn', mean: 0.2 }, { feature: 'pause', mean: 0.01 }] })
  expect(told.note).toMatch(/not why/)
  expect(told.events.map(({ at, kind }) => [at, kind])).toEqual(Array.from({ length: 24 }, (_, n) => [new Date(Date.UTC(2026, 2, 1, 12) + (n + 6) ** 2 * 1_000).toISOString(), 'signInFailure']))
  expect(told.events.reduce((sum, { rollout }) => sum + rollout, 0)).toBeCloseTo(1, 5)
  expect(Math.abs(Date.now() - Date.parse(told.asOf ?? ''))).toBeLessThan(3_600_000)
})

test('attention and risk are those that the network has in tfjs, within 1e-6', async () => {
  const { body } = await ask(subject)
  const told = apiShapes.SubjectAttention.parse(body)
  const [row] = await place.admin.query<{ recent: EventSequence }>("select profile->>'recent' as recent from ml_scoring.subject_profiles where tenant_id = 'acme'")
  const { tf } = await openTensorflow('wasm')
  const network = transformerNetwork(viewerTransformer).build(tf, 1)
  network.setWeights(weights)
  const expected = [...network.forward(tf.tensor(windowOfSequence(row!.recent), [1, steps, features]))['attention']!.dataSync()]
  network.dispose()
  const flat = told.attention.flat(3)
  expect([flat.length, told.attention.length, told.attention[0]!.length]).toEqual([layers * heads * steps * steps, layers, heads])
  expect(Math.max(...flat.map((value, at) => Math.abs(value - expected[at]!)))).toBeLessThan(1e-6)
  // Heads that look alike would hide that they were exchanged.
  expect(new Set(told.attention.flat().map((looks) => JSON.stringify(looks))).size).toBe(layers * heads)
  if (encoder.use !== 'encoder') throw new Error('an encoder is served')
  expect(told.risk).toBe((await encoder.risksOf(windowOfSequence(row!.recent), 1))[0])
})

test('the graph tells the same of a viewer, and nothing where nothing is known', async () => {
  const contextOf = (tenantId: string) =>
    scoringContext({ database, models: { registry: undefined as never, modelsOf }, learned: noModels, nowMs: Date.now, partitions: async () => 1 }, { tenantId } as Parameters<typeof scoringContext>[1])
  const { body } = await ask(subject)
  expect({ subject, ...(await resolvers.Subject.attention({ id: subject }, undefined, contextOf('acme'))) }).toEqual(body)
  expect(await resolvers.Subject.attention({ id: subject }, undefined, contextOf('globex'))).toBeUndefined()
})

test("a viewer nobody knows, one of another tenant's, and a tenant without the model are not found; who has no key learns nothing", async () => {
  for (const answer of [await ask('nobody'), await ask(subject, 'globex'), await ask(subject, 'none')]) expect(answer).toMatchObject({ status: 404, body: { code: 'not-found' } })
  expect(await ask(subject, null)).toMatchObject({ status: 401 })
})

test('a profile that was written before sequences were kept is not found', async () => {
  await place.admin.query("insert into ml_scoring.subject_profiles (tenant_id, subject, profile) values ('acme', 'old', '{}')")
  expect(await ask('old')).toMatchObject({ status: 404 })
})
