import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { learnVerdicts } from '../src/labels/label-from-cases.ts'
import { listLabels, setLabel } from '../src/labels/label-store.ts'
import { historySchemas, keepLived } from './history-stand-in.ts'
import { registryPlaces, type RegistryPlaces } from './registry-fixture.ts'

let places: RegistryPlaces
const atMs = Date.parse('2026-03-10T08:00:00Z')
beforeAll(async () => {
  places = await registryPlaces(historySchemas)
  const events = Array.from({ length: 4 }, (_, n) => ({ type: 'com.ott.playback.started.v1', subject: `v-${n}`, atMs: atMs + n * 1_000, data: {} }))
  await keepLived(places.admin, 'acme', events)
  await keepLived(places.admin, 'globex', events, 'g')
})
afterAll(async () => {
  await places?.[Symbol.asyncDispose]()
})
beforeEach(() => places.admin.query('truncate ml_scoring.labels, ml_scoring.case_verdict_positions, violation.evidence, violation.case_history'))

const evidence = (violation: string, events: readonly number[], tenant = 'acme') =>
  places.admin.query('insert into violation.evidence select $1, k, $2, $4 from unnest($3::uuid[]) as n (k)', [tenant, violation, events.map((n) => `${n.toString(16).padStart(8, '0')}-0000-0000-0000-000000000000`), new Date(atMs)])
const verdict = (sequence: number | null, violation: string, change: string, tenant = 'acme') =>
  places.admin.query(`insert into violation.case_history values ($1, $2, $3, $4, 'acme-ann', 'looked into', $5)`, [tenant, violation, change, new Date(atMs + (sequence ?? 0) * 60_000), sequence])
const learn = () => learnVerdicts(places.database, ['acme', 'globex'])
const labels = async (tenant = 'acme') => (await listLabels(places.database, tenant, { limit: 50, after: undefined })).map(({ eventId, verdict: said }) => `${eventId} ${said}`).sort()

test('a case that was resolved confirms the events that gave evidence for it, a false positive says the contrary', async () => {
  await evidence('case-1', [0, 1])
  await evidence('case-2', [2])
  await verdict(1, 'case-1', 'resolved')
  await verdict(2, 'case-2', 'false_positive')
  await verdict(null, 'case-2', 'acknowledged')
  expect([await learn(), await learn()]).toEqual([2, 0])
  expect(await labels()).toEqual(['e-0 confirmed', 'e-1 confirmed', 'e-2 false-positive'])
  expect((await listLabels(places.database, 'acme', { limit: 1, after: undefined }))[0]).toMatchObject({ subject: 'v-2', note: 'looked into', labelledBy: 'acme-ann' })
})

test('of two verdicts about an event the later holds', async () => {
  await evidence('case-1', [0])
  await evidence('case-2', [0, 1])
  await verdict(1, 'case-1', 'resolved')
  await verdict(2, 'case-2', 'false_positive')
  await learn()
  expect(await labels()).toEqual(['e-0 false-positive', 'e-1 false-positive'])
})

test('reopening a case takes its labels back, and closing it anew gives others', async () => {
  await evidence('case-1', [0])
  await verdict(1, 'case-1', 'false_positive')
  await learn()
  await verdict(2, 'case-1', 'reopened')
  await learn()
  expect(await labels()).toEqual([])
  await verdict(3, 'case-1', 'resolved')
  await learn()
  expect(await labels()).toEqual(['e-0 confirmed'])
})

test('what a person said of an event itself is overruled by no case, before or after', async () => {
  await evidence('case-1', [0, 1])
  const label = (eventId: string) => setLabel(places.database, 'acme', { eventId, verdict: 'confirmed', note: '', labelledBy: 'acme-ann' })
  await label('e-0')
  await verdict(1, 'case-1', 'false_positive')
  await learn()
  await label('e-1')
  await verdict(2, 'case-1', 'reopened')
  await verdict(3, 'case-1', 'false_positive')
  await learn()
  expect(await labels()).toEqual(['e-0 confirmed', 'e-1 confirmed'])
})

test("a tenant's verdicts are about its own events", async () => {
  await evidence('case-1', [0])
  await evidence('case-1', [1], 'globex')
  await verdict(1, 'case-1', 'resolved', 'globex')
  await learn()
  expect([await labels(), await labels('globex')]).toEqual([[], ['g-1 confirmed']])
})

test('processes that take verdicts in at once leave what one would have left', async () => {
  await evidence('case-1', [0, 1, 2, 3])
  for (let n = 1; n <= 120; n += 1) await verdict(n, 'case-1', n % 2 === 0 ? 'resolved' : 'reopened')
  await Promise.all([learn(), learn(), learn(), learn()])
  expect(await labels()).toEqual(['e-0 confirmed', 'e-1 confirmed', 'e-2 confirmed', 'e-3 confirmed'])
  expect(await places.admin.query('select sequence::int from ml_scoring.case_verdict_positions')).toEqual([{ sequence: 120 }])
})
