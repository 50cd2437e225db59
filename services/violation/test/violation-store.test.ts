import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { readEvents } from '../src/event-store.ts'
import { listViolations, readViolations, readViolationsOf, type ViolationFilter } from '../src/violation-store.ts'
import { breaking, caseTables, openCaseDatabase, windowMs, type CaseDatabase } from './case-database.ts'
import { aScored } from './scored-fixture.ts'

let cases: CaseDatabase
beforeAll(async () => {
  cases = await openCaseDatabase()
})
afterAll(() => cases?.close())
beforeEach(() => cases.admin.query(`truncate ${caseTables}`))

const work = (...batch: Parameters<CaseDatabase['work']>) => cases.work(...batch)
const list = (tenant = 'acme', filter: ViolationFilter = {}, limit = 50) => listViolations(cases.database, tenant, filter, { limit, after: undefined })
const tables = () => cases.admin.query('select (select json_agg(v order by id) from violation.violations v) v, (select json_agg(e order by event_id, rule) from violation.evidence e) e, (select json_agg(h order by violation_id, version) from violation.case_history h) h, (select json_agg(o order by id) from violation.outbox o) o, (select count(*)::int from violation.processed_events) p')

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

test('within one batch a violation may open, end and open anew: the last one goes on', async () => {
  expect(await work(breaking('a'), breaking('b', 2 * windowMs), breaking('c', 4 * windowMs))).toHaveLength(3)
  const [last, second, first] = await list()
  expect([last, second, first].map((one) => [one?.isOngoing, one?.openedAt, one?.version, one?.previousId])).toEqual([
    [true, '2026-03-05T12:00:00.000Z', 1, second?.id],
    [false, '2026-03-03T12:00:00.000Z', 2, first?.id],
    [false, '2026-03-01T12:00:00.000Z', 2, null],
  ])
})

test('one that has ended stays as it was when the next opens in a later batch', async () => {
  await work(breaking('a'))
  await work(breaking('b', windowMs + 1))
  expect((await list()).map(({ isOngoing, incidentEndedAt, evidenceCount }) => [isOngoing, incidentEndedAt, evidenceCount])).toEqual([
    [true, null, 1],
    [false, '2026-03-02T00:00:00.000Z', 1],
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
  expect(await readViolations(cases.database, 'globex', [acmes?.id ?? ''])).toEqual(new Map())
  expect((await readViolations(cases.database, 'acme', [acmes?.id ?? ''])).get(acmes?.id ?? '')).toEqual(acmes)
})

test('violations are filtered by status, rule and viewer, and paged newest first without gap or repeat', async () => {
  await work(...Array.from({ length: 5 }, (_, n) => breaking(`e-${n}`, 0, { subject: `viewer-${n}`, rules: [n % 2 === 0 ? 'even' : 'odd'] })))
  expect((await list('acme', { rule: 'odd' })).map(({ subject }) => subject).sort()).toEqual(['viewer-1', 'viewer-3'])
  expect(await list('acme', { subject: 'viewer-4', status: 'open', severity: 'high', isOngoing: true, isOverdue: false })).toHaveLength(1)
  expect(await list('acme', { severity: 'low' })).toEqual([])
  expect(await list('acme', { isOngoing: false })).toEqual([])
  expect(await list('acme', { isOverdue: true })).toEqual([])
  expect(await list('acme', { assignee: 'kim' })).toEqual([])
  expect(await list('acme', { status: 'resolved' })).toEqual([])
  const page = await list('acme', {}, 1)
  const last = page[1]
  const rest = await listViolations(cases.database, 'acme', {}, { limit: 10, after: { at: last?.openedAt ?? '', id: last?.id ?? '' } })
  expect(new Set([...page, ...rest].map(({ id }) => id)).size).toBe(5)
})

test('an event without a cause is processed once, however often it comes', async () => {
  const quiet = aScored('quiet', { factors: { errorRate: 0.2 } })
  await work(quiet)
  await work(quiet, breaking('a'))
  expect(await cases.admin.query(`select event_id, (risk->>'score')::float as score from violation.processed_events order by 1`)).toEqual([{ event_id: 'a', score: 0 }, { event_id: 'quiet', score: 0.2 }])
})

test('only the first hundred pieces of evidence are shown, and all are counted', async () => {
  await work(...Array.from({ length: 120 }, (_, n) => breaking(`e-${String(n).padStart(3, '0')}`, n * 1_000)))
  const [violation] = await list()
  expect([violation?.evidenceCount, violation?.evidence.length, violation?.evidence[0]?.eventId, violation?.evidence[99]?.eventId]).toEqual([120, 100, 'e-000', 'e-099'])
})

test('the violations of several viewers are read at once, newest first and bounded each', async () => {
  await work(...['v-1', 'v-2'].flatMap((subject) => [0, 1, 2].map((n) => breaking(`${subject}-${n}`, n * 1_000, { subject, rules: [`r${n}`] }))))
  await work(breaking('g', 0, { tenantId: 'globex', subject: 'v-1' }))
  const found = await readViolationsOf(cases.database, 'acme', ['v-1', 'v-2', 'v-3'], { limit: 2, status: undefined })
  expect([...found].map(([subject, items]) => [subject, items.map(({ rule }) => rule)]).sort()).toEqual([['v-1', ['r2', 'r1']], ['v-2', ['r2', 'r1']]])
  expect(await readViolationsOf(cases.database, 'acme', ['v-1'], { limit: 2, status: 'resolved' })).toEqual(new Map())
})

test('events are read by id with the violations they gave evidence for, and of two with one id the last', async () => {
  await work(breaking('a'), breaking('b', 1_000), breaking('quiet', 0, { rules: [] }), breaking('a', 0, { tenantId: 'globex', rules: ['theirs'] }))
  const [violation] = await list()
  const found = await readEvents(cases.database, 'acme', ['a', 'b', 'quiet'])
  expect([...found.keys()].sort()).toEqual(['a', 'b', 'quiet'])
  expect(found.get('a')).toMatchObject({ outcome: 'processed', violations: [violation?.id], about: { subject: 'viewer-1', time: '2026-03-01T12:00:00.000Z' } })
  expect(found.get('quiet')?.violations).toEqual([])
})
