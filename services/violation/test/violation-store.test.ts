import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { EventScored } from '@ott/contracts/event-scored'
import { decideBatch, rowsOf } from '@ott/pipeline/decide-batch'
import type { Received } from '@ott/pipeline/define-stage'
import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { readEvents } from '../src/event-store.ts'
import { acknowledgeViolation, listViolations, readViolations, readViolationsOf, type ViolationFilter } from '../src/violation-store.ts'
import { quietMs } from '../src/judge-violations.ts'
import { schema } from '../src/schema.ts'
import { violationStage } from '../src/stage.ts'
import { aScored, type ScoredParts } from './scored-fixture.ts'

let admin: TestDatabase
let database: Database
beforeAll(async () => {
  admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const readers = ['ingest', 'compliance', 'ml-scoring']
  const schemas = [schema, ...readers.map((service) => ({ service, migrations: [] }))]
  const urls = await provision({ adminUrl: admin.url, schemas, passwords: testPasswords(['violation', ...readers]) })
  database = openDatabase({ url: urls['violation'] ?? '', poolMax: 4, applicationName: 'test' })
})
afterAll(async () => {
  await database?.close()
  await admin?.drop()
})
beforeEach(() => admin.query('truncate violation.processed_events, violation.violations, violation.evidence'))

const stage = violationStage({ get: () => undefined }, () => Date.parse('2026-03-02T00:00:00Z'))
const startMs = Date.parse('2026-03-01T12:00:00Z')
const breaking = (id: string, afterMs = 0, parts: ScoredParts = {}) => aScored(id, { time: new Date(startMs + afterMs).toISOString(), rules: ['r1'], ...parts })

/** One batch as the runtime works through it; answers the ids of the violations it tells of. */
function work(...batch: Received<EventScored>[]): Promise<(string | undefined)[]> {
  return database.transaction([...new Set(batch.map(({ tenantId }) => tenantId))], async (sql) => {
    const facts = await stage.load(batch, sql, undefined)
    const decided = decideBatch(stage, batch, facts)
    if (decided.failure !== undefined) throw decided.failure.error
    await stage.save?.(rowsOf(decided), sql)
    return decided.decided.flatMap(({ decision }) => decision.emits.map(({ id }) => id))
  })
}

const list = (tenant = 'acme', filter: ViolationFilter = {}, limit = 50) => listViolations(database, tenant, filter, { limit, after: undefined })
const tables = () => admin.query('select (select json_agg(v order by id) from violation.violations v) v, (select json_agg(e order by event_id, rule) from violation.evidence e) e, (select count(*)::int from violation.processed_events) p')

test('evidence over several batches is one violation, with every event that gave it', async () => {
  const told = [await work(breaking('a'), breaking('b', 1_000)), await work(breaking('c', 2_000))]
  const [violation, ...more] = await list()
  expect(more).toEqual([])
  expect(told).toEqual([[violation?.id], []])
  expect(violation).toMatchObject({ subject: 'viewer-1', rule: 'r1', regulation: 'test', severity: 'high', status: 'open', openedAt: '2026-03-01T12:00:00.000Z', lastEvidenceAt: '2026-03-01T12:00:02.000Z', evidenceCount: 3 })
  expect(violation?.evidence).toEqual(['a', 'b', 'c'].map((id, n) => ({ eventId: id, at: `2026-03-01T12:00:0${n}.000Z`, values: { id } })))
})

test('worked through again after a crash nothing changes, and the opening is told again with the same id', async () => {
  const first = await work(breaking('a'), breaking('b', 1_000), breaking('b2', 1_500, { rules: ['r2'] }))
  const before = await tables()
  expect(await work(breaking('a'), breaking('b', 1_000), breaking('b2', 1_500, { rules: ['r2'] }))).toEqual(first)
  expect(await work(breaking('b', 1_000))).toEqual([])
  expect(await tables()).toEqual(before)
})

test('within one batch a violation may open, lapse and open anew: the last one is open', async () => {
  expect(await work(breaking('a'), breaking('b', 2 * quietMs), breaking('c', 4 * quietMs))).toHaveLength(3)
  expect((await list()).map(({ status, openedAt }) => [status, openedAt])).toEqual([
    ['open', '2026-03-05T12:00:00.000Z'],
    ['lapsed', '2026-03-03T12:00:00.000Z'],
    ['lapsed', '2026-03-01T12:00:00.000Z'],
  ])
})

test('one that lapsed stays as it was when the next opens in a later batch', async () => {
  await work(breaking('a'))
  await work(breaking('b', quietMs + 1))
  expect((await list()).map(({ status, evidenceCount }) => [status, evidenceCount])).toEqual([
    ['open', 1],
    ['lapsed', 1],
  ])
})

test('late evidence belongs to the open violation and does not shorten it', async () => {
  await work(breaking('a', 5_000))
  await work(breaking('b', 0))
  expect(await list()).toEqual([expect.objectContaining({ lastEvidenceAt: '2026-03-01T12:00:05.000Z', openedAt: '2026-03-01T12:00:05.000Z', evidenceCount: 2 })])
})

test('one viewer and rule has one open violation, whatever else a tenant has', async () => {
  await work(breaking('a'), breaking('b', 0, { subject: 'viewer-2' }), breaking('c', 0, { rules: ['r2'] }), breaking('d', 0, { tenantId: 'globex' }))
  expect((await list()).map(({ subject, rule }) => `${subject} ${rule}`).sort()).toEqual(['viewer-1 r1', 'viewer-1 r2', 'viewer-2 r1'])
  expect((await list('globex')).map(({ subject }) => subject)).toEqual(['viewer-1'])
})

test("one tenant's violations can not be listed or read by another", async () => {
  await work(breaking('a'))
  const [acmes] = await list()
  expect(await list('globex')).toEqual([])
  expect(await readViolations(database, 'globex', [acmes?.id ?? ''])).toEqual(new Map())
  expect((await readViolations(database, 'acme', [acmes?.id ?? ''])).get(acmes?.id ?? '')).toEqual(acmes)
})

test('violations are filtered by status, rule and viewer, and paged newest first without gap or repeat', async () => {
  await work(...Array.from({ length: 5 }, (_, n) => breaking(`e-${n}`, 0, { subject: `viewer-${n}`, rules: [n % 2 === 0 ? 'even' : 'odd'] })))
  expect((await list('acme', { rule: 'odd' })).map(({ subject }) => subject).sort()).toEqual(['viewer-1', 'viewer-3'])
  expect(await list('acme', { subject: 'viewer-4', status: 'open' })).toHaveLength(1)
  expect(await list('acme', { status: 'lapsed' })).toEqual([])
  const page = await list('acme', {}, 1)
  const last = page[1]
  const rest = await listViolations(database, 'acme', {}, { limit: 10, after: { at: last?.openedAt ?? '', id: last?.id ?? '' } })
  expect(new Set([...page, ...rest].map(({ id }) => id)).size).toBe(5)
})

test('an event without a cause is processed once, however often it comes', async () => {
  const quiet = aScored('quiet', { factors: { errorRate: 0.2 } })
  await work(quiet)
  await work(quiet, breaking('a'))
  expect(await admin.query(`select event_id, (risk->>'score')::float as score from violation.processed_events order by 1`)).toEqual([{ event_id: 'a', score: 0 }, { event_id: 'quiet', score: 0.2 }])
})

test('only the first hundred pieces of evidence are shown, and all are counted', async () => {
  await work(...Array.from({ length: 120 }, (_, n) => breaking(`e-${String(n).padStart(3, '0')}`, n * 1_000)))
  const [violation] = await list()
  expect([violation?.evidenceCount, violation?.evidence.length, violation?.evidence[0]?.eventId, violation?.evidence[99]?.eventId]).toEqual([120, 100, 'e-000', 'e-099'])
})

describe('acknowledging', () => {
  const acknowledge = (id: string | undefined, by = 'key-1', tenant = 'acme', atMs = startMs) => acknowledgeViolation(database, tenant, id ?? '', by, atMs)

  test('notes who takes care of it and when; the first note stays', async () => {
    await work(breaking('a'))
    const [open] = await list()
    expect(open).toMatchObject({ status: 'open', acknowledgedAt: null, acknowledgedBy: null })
    const noted = { ...open, status: 'acknowledged', acknowledgedAt: '2026-03-01T12:00:00.000Z', acknowledgedBy: 'key-1' }
    expect(await acknowledge(open?.id)).toEqual(noted)
    expect(await acknowledge(open?.id, 'key-2', 'acme', startMs + 1)).toEqual(noted)
  })

  test('it lasts all the same: new evidence prolongs it and opens no other, and it lapses when it is quiet', async () => {
    await work(breaking('a'))
    const [first] = await list()
    await acknowledge(first?.id)
    expect(await work(breaking('b', 1_000))).toEqual([])
    expect(await list()).toMatchObject([{ status: 'acknowledged', evidenceCount: 2 }])
    await work(breaking('c', 1_000 + quietMs + 1))
    expect((await list()).map(({ status }) => status)).toEqual(['open', 'lapsed'])
    expect(await acknowledge(first?.id, 'key-2')).toMatchObject({ status: 'lapsed', acknowledgedBy: 'key-1' })
  })

  test("another tenant's is not found, and stays as it is", async () => {
    await work(breaking('a'))
    const [acmes] = await list()
    expect(await acknowledge(acmes?.id, 'key-1', 'globex')).toBeUndefined()
    expect(await list()).toEqual([acmes])
  })
})

test('the violations of several viewers are read at once, newest first and bounded each', async () => {
  await work(...['v-1', 'v-2'].flatMap((subject) => [0, 1, 2].map((n) => breaking(`${subject}-${n}`, n * 1_000, { subject, rules: [`r${n}`] }))))
  await work(breaking('g', 0, { tenantId: 'globex', subject: 'v-1' }))
  const found = await readViolationsOf(database, 'acme', ['v-1', 'v-2', 'v-3'], { limit: 2, status: undefined })
  expect([...found].map(([subject, items]) => [subject, items.map(({ rule }) => rule)]).sort()).toEqual([['v-1', ['r2', 'r1']], ['v-2', ['r2', 'r1']]])
  expect(await readViolationsOf(database, 'acme', ['v-1'], { limit: 2, status: 'lapsed' })).toEqual(new Map())
})

test('events are read by id with the violations they gave evidence for, and of two with one id the last', async () => {
  await work(breaking('a'), breaking('b', 1_000), breaking('quiet', 0, { rules: [] }), breaking('a', 0, { tenantId: 'globex', rules: ['theirs'] }))
  const [violation] = await list()
  const found = await readEvents(database, 'acme', ['a', 'b', 'quiet'])
  expect([...found.keys()].sort()).toEqual(['a', 'b', 'quiet'])
  expect(found.get('a')).toMatchObject({ outcome: 'processed', violations: [violation?.id], about: { subject: 'viewer-1', time: '2026-03-01T12:00:00.000Z' } })
  expect(found.get('quiet')?.violations).toEqual([])
})
