import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { ViolationChanged } from '@ott/contracts/violation-changed'
import type { OutboundRecord } from '@ott/pipeline/record'
import { addComment, listComments, listEvidence, listHistory } from '../src/cases/case-store.ts'
import { caseSettingsRequest } from '../src/cases/case-settings.ts'
import type { CaseAction } from '../src/cases/case-transitions.ts'
import { moveCase, patchCase, type Act } from '../src/cases/change-case.ts'
import { publishChanges } from '../src/cases/publish-changes.ts'
import { endIncidents, tellOverdue } from '../src/cases/run-clocks.ts'
import { readCaseSettings, writeCaseSettings } from '../src/cases/settings-store.ts'
import { listViolations } from '../src/violation-store.ts'
import { breaking, caseTables, hourMs, openCaseDatabase, startMs, windowMs, type CaseDatabase } from './case-database.ts'

let cases: CaseDatabase
beforeAll(async () => {
  cases = await openCaseDatabase()
})
afterAll(() => cases?.close())
beforeEach(() => cases.admin.query(`truncate ${caseTables}`))

const page = { limit: 50, after: undefined }
const list = (tenant = 'acme') => listViolations(cases.database, tenant, {}, page)
const actOn = (id: string | undefined, parts: Partial<Act> = {}): Act => ({ tenantId: 'acme', id: id ?? '', by: 'key-1', nowMs: startMs + hourMs, ...parts })
const move = (id: string | undefined, action: CaseAction, parts: Partial<Act> = {}) => moveCase(cases.database, actOn(id, parts), action)
const history = async (id: string | undefined) => (await listHistory(cases.database, 'acme', id ?? '', page)).map(({ version, change, by }) => [version, change, by])
const aCase = async () => {
  await cases.work(breaking('a'))
  return (await list())[0]?.id
}

/** What is told from now on; `fail` makes the broker refuse that often. */
function aTopic(fail = 0) {
  const records: OutboundRecord[] = []
  let failures = fail
  const bus = {
    publish: async (given: readonly OutboundRecord[]) => {
      if (failures-- > 0) throw new Error('the broker is away')
      records.push(...given)
    },
  }
  return {
    records,
    told: () => records.map(({ value }) => JSON.parse(String(value)) as ViolationChanged),
    publish: () => publishChanges({ database: cases.database, bus, tenantIds: () => ['acme', 'globex'], nowMs: () => startMs + 2 * hourMs }),
  }
}

describe('a person moves a case on', () => {
  test('and who, when and why is kept', async () => {
    const id = await aCase()
    expect(await move(id, 'acknowledge')).toMatchObject({ kind: 'done', violation: { status: 'acknowledged', version: 2, acknowledgedBy: 'key-1', acknowledgedAt: '2026-03-01T13:00:00.000Z' } })
    expect(await move(id, 'resolve', { by: 'key-2', reason: 'password reset' })).toMatchObject({ kind: 'done', violation: { status: 'resolved', version: 3, isOngoing: false, closedAt: '2026-03-01T13:00:00.000Z' } })
    expect(await listHistory(cases.database, 'acme', id ?? '', page)).toMatchObject([
      { version: 1, change: 'opened', status: 'open', by: null },
      { version: 2, change: 'acknowledged', status: 'acknowledged', by: 'key-1', reason: null },
      { version: 3, change: 'resolved', status: 'resolved', by: 'key-2', reason: 'password reset', at: '2026-03-01T13:00:00.000Z' },
    ])
  })

  test('twice to the same state: nothing changes, and nothing is told again', async () => {
    const id = await aCase()
    const once = await move(id, 'acknowledge')
    expect(await move(id, 'acknowledge', { by: 'key-2', nowMs: startMs + 9 * hourMs })).toEqual(once)
    expect(await history(id)).toHaveLength(2)
  })

  test('only where the transition is allowed', async () => {
    const id = await aCase()
    await move(id, 'false-positive')
    expect(await move(id, 'acknowledge')).toMatchObject({ kind: 'refused', status: 'false_positive' })
    expect(await move(id, 'reopen', { reason: 'it was real', nowMs: startMs + 5 * hourMs })).toMatchObject({ kind: 'done', violation: { status: 'open', isOngoing: true, closedAt: null, acknowledgeDueAt: '2026-03-01T21:00:00.000Z' } })
  })

  test("not of another tenant: it isn't found, and stays as it is", async () => {
    const id = await aCase()
    expect(await move(id, 'acknowledge', { tenantId: 'globex' })).toEqual({ kind: 'unknown' })
    expect(await list()).toMatchObject([{ status: 'open', version: 1 }])
  })

  test('at once with another: of those who saw the same version one wins', async () => {
    const id = await aCase()
    const outcomes = await Promise.all((['acknowledge', 'review', 'resolve', 'false-positive'] as const).map((action) => move(id, action, { ifVersion: 1 })))
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['done', 'stale', 'stale', 'stale'])
    expect(outcomes.filter(({ kind }) => kind === 'stale')).toEqual(Array(3).fill({ kind: 'stale', version: 2 }))
    expect(await history(id)).toHaveLength(2)
  })

  test('while evidence changes it as well: versions are unique, and rise one by one', async () => {
    const id = await aCase()
    const severities = ['high', 'critical'] as const
    await Promise.all([
      ...severities.map((severity, n) => cases.work(breaking(`s${n}`, 1_000 + n, { severity }))),
      ...['kim', 'lee', 'max', 'noa'].map((assignee) => patchCase(cases.database, actOn(id), { assignee })),
      move(id, 'acknowledge'),
    ])
    const versions = (await history(id)).map(([version]) => version)
    expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(await list()).toMatchObject([{ version: 7, severity: 'critical', status: 'acknowledged', evidenceCount: 3 }])
  })
})

test('a reopened case does not go on where a later one has closed: evidence opens another', async () => {
  const id = await aCase()
  await move(id, 'resolve')
  await cases.work(breaking('b', 2 * hourMs))
  await move((await list())[0]?.id, 'resolve', { nowMs: startMs + 3 * hourMs })
  expect(await move(id, 'reopen', { reason: 'too early' })).toMatchObject({ kind: 'done', violation: { isOngoing: false } })
})

test('whoever reopens cases while evidence comes, one goes on at most, and no evidence is without its case', async () => {
  const id = await aCase()
  for (let n = 1; n <= 8; n += 1) {
    await Promise.all([...(await list()).map((one) => move(one.id, 'resolve', { nowMs: startMs + n * hourMs }))])
    await Promise.all([move(id, 'reopen', { reason: 'again' }), cases.work(breaking(`r-${n}`, n * hourMs + 1_000)), ...(await list()).map((one) => move(one.id, 'reopen', { reason: 'again' }))])
    expect((await list()).filter(({ isOngoing }) => isOngoing)).toHaveLength(1)
  }
  expect(await cases.admin.query('select 1 from violation.evidence e where not exists (select from violation.violations v where v.id = e.violation_id)')).toEqual([])
  expect((await list()).reduce((sum, { evidenceCount }) => sum + evidenceCount, 0)).toBe(9)
})

test('a reopened case does not go on beside another one of its viewer and rule', async () => {
  const id = await aCase()
  await move(id, 'resolve')
  await cases.work(breaking('b', 2 * hourMs))
  expect(await move(id, 'reopen', { reason: 'too early' })).toMatchObject({ kind: 'done', violation: { status: 'open', isOngoing: false } })
  expect((await list()).map(({ isOngoing }) => isOngoing)).toEqual([true, false])
})

describe('what a person says of a case', () => {
  test('holds: a severity that was set is not raised by evidence', async () => {
    const id = await aCase()
    expect(await patchCase(cases.database, actOn(id), { severity: 'low', assignee: 'kim' })).toMatchObject({ kind: 'done', violation: { severity: 'low', isSeverityPinned: true, assignee: 'kim', version: 3, acknowledgeDueAt: '2026-03-04T12:00:00.000Z' } })
    await cases.work(breaking('b', 1_000, { severity: 'critical' }))
    expect(await list()).toMatchObject([{ severity: 'low', evidenceCount: 2, version: 3 }])
    expect(await history(id)).toEqual([[1, 'opened', null], [2, 'severity_changed', 'key-1'], [3, 'assigned', 'key-1']])
  })

  test('is given back by null', async () => {
    const id = await aCase()
    await patchCase(cases.database, actOn(id), { assignee: 'kim' })
    expect(await patchCase(cases.database, actOn(id), { assignee: null })).toMatchObject({ kind: 'done', violation: { assignee: null, version: 3 } })
  })

  test('as a comment stays as it was said', async () => {
    const id = await aCase()
    await addComment(cases.database, actOn(id), 'first')
    await addComment(cases.database, actOn(id, { nowMs: startMs + 2 * hourMs }), 'second')
    expect((await listComments(cases.database, 'acme', id ?? '', page)).map(({ text, by }) => [text, by])).toEqual([['first', 'key-1'], ['second', 'key-1']])
    expect(await addComment(cases.database, actOn('nowhere'), 'third')).toBeUndefined()
    expect(await addComment(cases.database, actOn(id, { tenantId: 'globex' }), 'third')).toBeUndefined()
  })
})

test.each(['violations', 'evidence', 'case_history', 'case_comments'])('the service can delete nothing of %s', async (table) => {
  const id = await aCase()
  await addComment(cases.database, actOn(id), 'first')
  await expect(cases.database.transaction(['acme'], (sql) => sql.query(`delete from violation.${table}`))).rejects.toThrow(/stays|transaction/)
  expect(await cases.admin.query(`select 1 from violation.${table}`)).not.toEqual([])
})

test("settings are a tenant's own, are replaced by who saw them last, and hold for evidence to come", async () => {
  const change = { tenantId: 'acme', by: 'key-1', nowMs: startMs, ifRevision: undefined }
  const settings = caseSettingsRequest.parse({ severityOverrides: [{ rule: 'r1', severity: 'critical' }], slaMinutes: { critical: { acknowledge: 5, resolve: 10 } } })
  expect(await writeCaseSettings(cases.database, { ...change, ifRevision: 3 }, settings)).toBeUndefined()
  expect(await writeCaseSettings(cases.database, { ...change, ifRevision: 0 }, settings)).toMatchObject({ revision: 1 })
  expect(await writeCaseSettings(cases.database, { ...change, ifRevision: 0 }, settings)).toBeUndefined()
  expect(await writeCaseSettings(cases.database, change, settings)).toMatchObject({ revision: 2 })
  expect(await readCaseSettings(cases.database, 'globex')).toEqual({ revision: 0, settings: {} })
  await cases.work(breaking('a'), breaking('b', 0, { tenantId: 'globex' }))
  expect(await list()).toMatchObject([{ severity: 'critical', acknowledgeDueAt: '2026-03-01T12:05:00.000Z' }])
  expect(await list('globex')).toMatchObject([{ severity: 'high' }])
})

test('what people say of whole cases is numbered by tenant in the order of commit, for others to learn from', async () => {
  await cases.work(...Array.from({ length: 12 }, (_, n) => breaking(`e-${n}`, 0, { subject: `v-${n}` })), breaking('g', 0, { tenantId: 'globex' }))
  const ids = (await list()).map(({ id }) => id)
  await Promise.all([...ids.map((id, n) => move(id, n % 2 === 0 ? 'resolve' : 'false-positive')), move((await list('globex'))[0]?.id, 'resolve', { tenantId: 'globex' })])
  await move(ids[0], 'reopen', { reason: 'too early' })
  const numbered = await cases.admin.query<{ tenant_id: string; sequences: number[] }>(
    'select tenant_id, array_agg(verdict_sequence::int order by verdict_sequence) as sequences from violation.case_history where verdict_sequence is not null group by 1 order by 1',
  )
  expect(numbered).toEqual([{ tenant_id: 'acme', sequences: Array.from({ length: 13 }, (_, n) => n + 1) }, { tenant_id: 'globex', sequences: [1] }])
  expect(await cases.admin.query("select 1 from violation.case_history where verdict_sequence is not null and change not in ('resolved', 'false_positive', 'reopened')")).toEqual([])
})

describe('changes are told', () => {
  test('once each, in order, with the versions of the case', async () => {
    const id = await aCase()
    await move(id, 'acknowledge')
    await cases.work(breaking('b', 1_000, { severity: 'critical' }))
    await move(id, 'resolve', { reason: 'done' })
    const topic = aTopic()
    expect([await topic.publish(), await topic.publish()]).toEqual([3, 0])
    expect(topic.told().map(({ data }) => [data.violationId, data.version, data.change, data.status, data.severity, data.changedBy, data.isOngoing])).toEqual([
      [id, 2, 'acknowledged', 'acknowledged', 'high', 'key-1', true],
      [id, 3, 'severity_changed', 'acknowledged', 'critical', undefined, true],
      [id, 4, 'resolved', 'resolved', 'critical', 'key-1', false],
    ])
    expect(topic.records.map(({ topic: name, key }) => [name, key])).toEqual(Array(3).fill(['violations.v1', 'acme:viewer-1']))
    expect(new Set(topic.told().map(({ id: own }) => own)).size).toBe(3)
  })

  test('again under the same ids where it is not known that they were', async () => {
    const id = await aCase()
    await move(id, 'acknowledge')
    const topic = aTopic(1)
    await expect(topic.publish()).rejects.toThrow('the broker is away')
    expect(await topic.publish()).toBe(1)
    expect(topic.told()).toMatchObject([{ data: { version: 2 } }])
  })

  test('by one process at a time', async () => {
    const id = await aCase()
    await move(id, 'acknowledge')
    await move(id, 'review')
    const topic = aTopic()
    const counts = await Promise.all([topic.publish(), topic.publish(), topic.publish()])
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2)
    expect(topic.told().map(({ data }) => data.version)).toEqual([2, 3])
  })
})

test('ten thousand events of one viewer are one case that counts and keeps each of them, opened once', async () => {
  const told: unknown[] = []
  for (let from = 0; from < 10_000; from += 500) told.push(...(await cases.work(...Array.from({ length: 500 }, (_, n) => breaking(`e-${from + n}`, from + n)))))
  const [violation, ...more] = await list()
  expect(more).toEqual([])
  expect(told).toEqual([violation?.id])
  expect(violation).toMatchObject({ evidenceCount: 10_000, version: 1 })
  expect(await cases.admin.query('select count(*)::int from violation.evidence')).toEqual([{ count: 10_000 }])
  const firstPage = await listEvidence(cases.database, 'acme', violation?.id ?? '', { limit: 400, after: undefined })
  const last = firstPage[399]
  const rest = await listEvidence(cases.database, 'acme', violation?.id ?? '', { limit: 20_000, after: { at: last?.at ?? '', id: last?.key ?? '' } })
  expect(new Set([...firstPage.slice(0, 400), ...rest].map(({ eventId }) => eventId)).size).toBe(10_000)
})

describe('the clocks', () => {
  const clocks = (nowMs: number) => ({ database: cases.database, tenantIds: () => ['acme', 'globex'], nowMs: () => nowMs })

  test('end an incident once its last evidence is longer ago than the window, by event time and by when it was written', async () => {
    await cases.workAt(startMs + 10 * windowMs, breaking('a'))
    expect(await endIncidents(clocks(startMs + 11 * windowMs))).toBe(0)
    expect(await endIncidents(clocks(startMs + 11 * windowMs + 1))).toBe(1)
    expect(await endIncidents(clocks(startMs + 12 * windowMs))).toBe(0)
    const [ended] = await list()
    expect(ended).toMatchObject({ status: 'open', isOngoing: false, version: 2, incidentEndedAt: '2026-03-12T12:00:00.001Z' })
    expect(await history(ended?.id)).toEqual([[1, 'opened', null], [2, 'incident_ended', null]])
  })

  test('leave one alone whose evidence is to come by event time', async () => {
    await cases.workAt(startMs, breaking('a', 5 * windowMs))
    expect(await endIncidents(clocks(startMs + 2 * windowMs))).toBe(0)
  })

  test("end it by the tenant's own window", async () => {
    await writeCaseSettings(cases.database, { tenantId: 'acme', by: 'key-1', nowMs: startMs, ifRevision: undefined }, caseSettingsRequest.parse({ incidentWindowHours: 2 }))
    await cases.workAt(startMs, breaking('a'), breaking('b', 0, { tenantId: 'globex' }))
    expect(await endIncidents(clocks(startMs + 3 * hourMs))).toBe(1)
    expect([(await list())[0]?.isOngoing, (await list('globex'))[0]?.isOngoing]).toEqual([false, true])
  })

  test('are overruled by evidence that comes within the window afterwards', async () => {
    await cases.workAt(startMs, breaking('a'))
    await endIncidents(clocks(startMs + 2 * windowMs))
    await cases.workAt(startMs + 2 * windowMs, breaking('b', windowMs))
    expect(await list()).toMatchObject([{ isOngoing: true, incidentEndedAt: null, evidenceCount: 2, version: 3 }])
    expect(await endIncidents(clocks(startMs + 2 * windowMs + 1))).toBe(0)
  })

  test('tell once each that nobody acknowledged and closed it in time', async () => {
    await cases.work(breaking('a'))
    const id = (await list())[0]?.id
    expect(await tellOverdue(clocks(startMs + 4 * hourMs))).toBe(0)
    expect(await tellOverdue(clocks(startMs + 4 * hourMs + 1))).toBe(1)
    expect(await tellOverdue(clocks(startMs + 5 * hourMs))).toBe(0)
    expect(await list()).toMatchObject([{ overdue: ['acknowledge'] }])
    await move(id, 'acknowledge')
    await Promise.all([tellOverdue(clocks(startMs + 73 * hourMs)), tellOverdue(clocks(startMs + 73 * hourMs))])
    const topic = aTopic()
    await topic.publish()
    expect(topic.told().map(({ data }) => [data.change, data.clock])).toEqual([['overdue', 'acknowledge'], ['acknowledged', undefined], ['overdue', 'resolve']])
  })

  test('tell nothing of a case that was acknowledged and closed in time', async () => {
    await cases.work(breaking('a'))
    const id = (await list())[0]?.id
    await move(id, 'acknowledge')
    await move(id, 'resolve')
    expect(await tellOverdue(clocks(startMs + 100 * windowMs))).toBe(0)
    expect(await endIncidents(clocks(startMs + 100 * windowMs))).toBe(0)
  })
})
