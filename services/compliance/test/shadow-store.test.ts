import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { EventAccepted } from '@ott/contracts/event-accepted'
import type { Received, SavedRow } from '@ott/pipeline/define-stage'
import type { ComparedFinding } from '@ott/regulations/diff-findings'
import { shadowRowOf, type ShadowRow } from '../src/shadow/shadow-row.ts'
import { readShadow, saveShadow, shadowSamplesMax } from '../src/shadow/shadow-store.ts'
import { anAccepted } from './accepted-fixture.ts'
import { aComplianceDatabase, type ComplianceDatabase } from './compliance-database.ts'

let db: ComplianceDatabase
beforeAll(async () => {
  db = await aComplianceDatabase()
})
afterAll(async () => {
  await db?.[Symbol.asyncDispose]()
})
beforeEach(() => db.empty())

const found = (rule: string, severity: ComparedFinding['severity'] = 'low'): ComparedFinding => ({ rule, regulation: 'test', severity })

interface Parts {
  readonly live?: readonly ComparedFinding[]
  readonly candidate?: readonly ComparedFinding[]
  readonly partition?: number
  readonly tenantId?: string
  readonly ruleSetId?: string
  readonly version?: string
}

function judged(offset: number, { live = [], candidate = [], partition = 0, tenantId = 'acme', ruleSetId = 'rs-1', version = 'v1' }: Parts = {}): SavedRow<EventAccepted, ShadowRow> {
  const accepted = anAccepted(`p${partition}-${offset}`, 'com.ott.ad.impression.v1', {}, { tenantId, partition, receivedAt: new Date(Date.parse('2026-03-01T12:00:00Z') + offset).toISOString() })
  const received: Received<EventAccepted> = { ...accepted, record: { ...accepted.record, offset: BigInt(offset) } }
  return { received, row: shadowRowOf({ ruleSetId, ruleSetVersion: version }, live, candidate) }
}

const save = (...rows: SavedRow<EventAccepted, ShadowRow>[]) => db.service.transaction([...new Set(rows.map(({ received }) => received.tenantId))], (sql) => saveShadow(rows, sql))
const shown = (tenantId = 'acme', ruleSetId = 'rs-1') => readShadow(db.service, tenantId, ruleSetId)

test('every event counts, those that differ by rule and kind, with the events that show it', async () => {
  await save(judged(0), judged(1, { live: [found('a')], candidate: [found('a')] }), judged(2, { live: [found('a'), found('b')], candidate: [found('a', 'high'), found('c')] }))
  expect(await shown()).toEqual([
    {
      version: 'v1',
      since: expect.any(String),
      lastAt: expect.any(String),
      eventsJudged: 3,
      eventsDiffering: 1,
      rules: [
        { rule: 'a', both: 2, onlyLive: 0, onlyCandidate: 0, severityChanged: 1, samples: { onlyLive: [], onlyCandidate: [], severityChanged: ['p0-2'] } },
        { rule: 'b', both: 0, onlyLive: 1, onlyCandidate: 0, severityChanged: 0, samples: { onlyLive: ['p0-2'], onlyCandidate: [], severityChanged: [] } },
        { rule: 'c', both: 0, onlyLive: 0, onlyCandidate: 1, severityChanged: 0, samples: { onlyLive: [], onlyCandidate: ['p0-2'], severityChanged: [] } },
      ],
    },
  ])
})

test('a batch that is worked through again, whole or in part, counts nothing twice', async () => {
  const batch = [judged(0, { live: [found('a')] }), judged(1, { live: [found('a')] }), judged(2, { candidate: [found('a')] })]
  await save(...batch)
  const once = await shown()
  await save(...batch)
  await save(...batch.slice(1))
  const again = await shown()
  expect(again.map(({ lastAt: _lastAt, ...rest }) => rest)).toEqual(once.map(({ lastAt: _lastAt, ...rest }) => rest))
  await save(...batch.slice(2), judged(3, { live: [found('a')] }))
  expect(await shown()).toMatchObject([{ eventsJudged: 4, rules: [{ onlyLive: 3, onlyCandidate: 1, samples: { onlyLive: ['p0-0', 'p0-1', 'p0-3'] } }] }])
})

test('members that work on one partition at once, one of them taken for dead, count each event once; other partitions add theirs', async () => {
  const batch = (partition: number) => Array.from({ length: 50 }, (_, offset) => judged(offset, { partition, live: [found('a'), found('b')], candidate: [found('b', 'high')] }))
  await Promise.all([save(...batch(0)), save(...batch(0)), save(...batch(1)), save(...batch(2), ...batch(1)), save(...batch(0), ...batch(2))])
  expect(await shown()).toMatchObject([{ eventsJudged: 150, eventsDiffering: 150, rules: [{ rule: 'a', onlyLive: 150 }, { rule: 'b', both: 150, severityChanged: 150 }] }])
})

test('a batch that fails leaves no count', async () => {
  const failing = db.service.transaction(['acme'], async (sql) => {
    await saveShadow([judged(0, { live: [found('a')] })], sql)
    throw new Error('the next table failed')
  })
  await expect(failing).rejects.toThrow('the next table')
  expect(await shown()).toEqual([])
})

test('samples stay the first ones, however many events differ', async () => {
  for (let batch = 0; batch < 3; batch++) await save(...Array.from({ length: 15 }, (_, n) => judged(batch * 15 + n, { live: [found('a')] })))
  await save(...Array.from({ length: 500 }, (_, n) => judged(n, { partition: 1, live: [found('a')] })))
  const [row] = await db.admin.query<{ kept: number }>('select count(*)::int as kept from compliance.shadow_samples')
  expect(row?.kept).toBe(2 * shadowSamplesMax)
  const [version] = await shown()
  expect(version?.rules[0]?.samples.onlyLive).toHaveLength(shadowSamplesMax)
  expect(version?.rules[0]?.samples.onlyLive).toEqual(expect.arrayContaining(['p0-0', 'p1-0', 'p0-9', 'p1-9']))
})

test('candidates, their versions and tenants are counted by themselves', async () => {
  await save(judged(0, { live: [found('a')] }), judged(0, { ruleSetId: 'rs-2' }), judged(0, { version: 'v2' }), judged(0, { tenantId: 'globex' }))
  expect((await shown()).map(({ version, eventsJudged, eventsDiffering }) => [version, eventsJudged, eventsDiffering]).sort()).toEqual([
    ['v1', 1, 1],
    ['v2', 1, 0],
  ])
  expect(await shown('acme', 'rs-2')).toMatchObject([{ eventsJudged: 1, eventsDiffering: 0, rules: [] }])
  expect(await shown('globex')).toMatchObject([{ eventsJudged: 1, eventsDiffering: 0 }])
  expect(await shown('globex', 'rs-2')).toEqual([])
  expect(await saveShadowOf('acme', judged(5, { tenantId: 'globex' }))).toMatch(/row-level security/)
})

function saveShadowOf(tenant: string, row: SavedRow<EventAccepted, ShadowRow>): Promise<string> {
  return db.service.transaction([tenant], (sql) => saveShadow([row], sql)).then(() => 'was written', (error: unknown) => String(error))
}
