import { expect, test } from '@jest/globals'
import { noGroups } from '@ott/anomaly/seasonal/series-counts'
import fc from 'fast-check'
import { admitGroups, admittedSeries, confirmCounts, createSeriesTally, missingCounts, takeCounts, tallyEvent, type CountDelta, type SeriesTally } from './series-tally.ts'

const receivedAt = '2026-03-02T10:30:00.000Z'
const hour = Date.parse('2026-03-02T10:00:00Z') / 3_600_000
const anEvent = (parts: { type?: string; time?: string; data?: object } = {}) => ({ type: 'com.ott.playback.started.v1', time: '2026-03-02T10:15:00Z', data: {}, ...parts })

/** What a tally holds, as `tenant series hour → count`. */
function countsOf(deltas: readonly CountDelta[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { tenantId, series, hour: at, count } of deltas) counts[`${tenantId} ${series} ${at}`] = (counts[`${tenantId} ${series} ${at}`] ?? 0) + count
  return counts
}
const taken = (tally: SeriesTally) => countsOf(missingCounts(takeCounts(tally, 1n), undefined))

test('an event counts to its tenant and to the groups of its viewer, in the hour of its own time', () => {
  const tally = createSeriesTally()
  tallyEvent(tally, 'acme', anEvent({ data: { country: 'DE', plan: 'Premium Plus' } }), receivedAt)
  tallyEvent(tally, 'acme', anEvent({ data: { country: 'DE', plan: 'premium-plus' } }), receivedAt)
  tallyEvent(tally, 'globex', anEvent({ time: '2026-03-02T09:59:59.999Z' }), receivedAt)
  expect(taken(tally)).toEqual({
    [`acme events:all ${hour}`]: 2,
    [`acme events:country:de ${hour}`]: 2,
    [`acme events:plan:premium-plus ${hour}`]: 2,
    [`globex events:all ${hour - 1}`]: 1,
  })
})

test('failed sign-ins count as often as they say, and access to personal data once', () => {
  const tally = createSeriesTally()
  for (const attempts of [3, 1, 3, undefined]) tallyEvent(tally, 'acme', anEvent({ type: 'com.ott.signin.failed.v1', data: { attempts } }), receivedAt)
  tallyEvent(tally, 'acme', anEvent({ type: 'com.ott.personal-data.exported.v1' }), receivedAt)
  expect(taken(tally)).toEqual({ [`acme events:all ${hour}`]: 5, [`acme sign-in-failures:all ${hour}`]: 8, [`acme accesses:all ${hour}`]: 1 })
})

test.each([
  ['what is more than 7 days late', { time: '2026-02-23T10:29:59.999Z' }],
  ['what is more than an hour ahead', { time: '2026-03-02T11:30:00.001Z' }],
  ['what has no time', { time: 'soon' }],
  ['a deadline that passed', { type: 'com.ott.deadline.passed.v1' }],
  ['a model that drifted', { type: 'com.ott.model.drifted.v1' }],
  ['a series that was unlike itself', { type: 'com.ott.series.anomalous.v1' }],
])('%s counts to nothing', (_, parts) => {
  const tally = createSeriesTally()
  tallyEvent(tally, 'acme', anEvent(parts), receivedAt)
  expect(taken(tally)).toEqual({})
})

test('whatever groups producers make up, a tenant has no more series than there is room for, and no event is lost', () => {
  const tally = createSeriesTally()
  for (let n = 0; n < 3_000; n += 1) tallyEvent(tally, 'acme', anEvent({ data: { plan: n % 2 === 0 ? `plan-${n}` : `\n${n}` } }), receivedAt)
  const counts = taken(tally)
  expect(Object.keys(counts)).toHaveLength(1 + 20 + 1)
  expect(counts[`acme events:all ${hour}`]).toBe(3_000)
  expect(Object.entries(counts).reduce((sum, [name, count]) => sum + (name.includes('plan:') ? count : 0), 0)).toBe(3_000)
})

test('a group without a series of its own is counted as other, once twenty have one', () => {
  const full = admitGroups(noGroups, Array.from({ length: 25 }, (_, n) => `events:plan:p${n}`))
  expect(full.plan).toHaveLength(20)
  expect(admittedSeries(full, 'accesses:plan:p19')).toBe('accesses:plan:p19')
  expect(admittedSeries(full, 'accesses:plan:p20')).toBe('accesses:plan:other')
  expect(admittedSeries(full, 'accesses:all')).toBe('accesses:all')
})

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('event' as const), tenant: fc.constantFrom('acme', 'globex'), plan: fc.constantFrom('a', 'b'), minute: fc.integer({ min: -300, max: 50 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('snapshot' as const), committed: fc.boolean(), heard: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
)

test('whatever fails, and whether or not a commit was heard of, each event is counted once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const events = steps.flatMap((each) => (each.kind === 'event' ? [each] : []))
      const tallied = (tally: SeriesTally, { tenant, plan, minute }: (typeof events)[number]) =>
        tallyEvent(tally, tenant, anEvent({ time: new Date(Date.parse(receivedAt) + minute * 60_000).toISOString(), data: { plan } }), receivedAt)
      let reached: bigint | undefined
      const written: CountDelta[] = []
      let tally = createSeriesTally()
      let offset = 0
      let seen = 0
      const snapshot = (committed: boolean, heard: boolean) => {
        const missing = missingCounts(takeCounts(tally, BigInt(offset)), reached)
        if (!committed) return
        written.push(...missing)
        reached = BigInt(offset)
        if (heard) confirmCounts(tally, new Map())
      }
      // From its last snapshot on, a partition is read again.
      const readOn = () => {
        while (offset < seen) tallied(tally, events[offset++]!)
      }
      for (const each of steps) {
        if (each.kind === 'event') seen += 1
        if (each.kind === 'snapshot') snapshot(each.committed, each.heard)
        if (each.kind === 'crash') {
          tally = createSeriesTally()
          offset = Number(reached ?? 0n)
        }
        readOn()
      }
      snapshot(true, true)
      const undisturbed = createSeriesTally()
      for (const event of events) tallied(undisturbed, event)
      expect(countsOf(written)).toEqual(taken(undisturbed))
    }),
    { numRuns: 300 },
  )
})
