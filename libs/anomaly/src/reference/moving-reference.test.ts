import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeReference, encodeAdded, encodeGathering } from './moving-reference-codec.ts'
import { beginReference, dayRows, offerRow, passTime, stepRows, type MovingReference, type OfferedRow, type ReferenceRules } from './moving-reference.ts'

const hourMs = 3_600_000
const rules: ReferenceRules = { capacity: 64, falseAlarmRate: 0.01, flaggedShare: 0.1, seed: 7 }
const anOffer = (n: number, more: Partial<OfferedRow> = {}): OfferedRow => ({ row: Float64Array.of(n, -n), risk: 0.1, isFlagged: false, ...more })

/** As many offers in each of the hours. */
function passed(hours: number, offers: (hour: number) => readonly OfferedRow[], from = beginReference(1, 0), given = rules): MovingReference {
  let reference = from
  for (let hour = 1; hour <= hours; hour += 1) {
    for (const offer of offers(hour)) reference = offerRow(reference, offer, given)
    reference = passTime(reference, hour * hourMs, given)
  }
  return reference
}
const tenOf = (more: Partial<OfferedRow> = {}) => (hour: number) => Array.from({ length: 10 }, (_, n) => anOffer(hour * 10 + n, more))

test('rows come into force an hour after they were taken, the longest known first, each of them one that was offered', () => {
  expect(passed(1, tenOf())).toMatchObject({ added: [], replaced: 0, renewedAtMs: null, due: [expect.any(Float64Array), expect.any(Float64Array)] })
  const { added, replaced, renewedAtMs, due } = passed(2, tenOf())
  expect([added.length, replaced, renewedAtMs, due.length]).toEqual([stepRows(rules), stepRows(rules), 2 * hourMs, 0])
  for (const row of added) expect(row[0]).toBeGreaterThanOrEqual(10)
  for (const row of added) expect(row[0]).toBeLessThan(20)
})

test('whatever is offered and however time jumps, no more than the stated share of a day is replaced, and no more rows are held than the reference has and are on their way', () => {
  const offer = fc.record({ hours: fc.integer({ min: -3, max: 9 }), risk: fc.double({ min: 0, max: 1, noNaN: true }), isFlagged: fc.boolean(), count: fc.integer({ min: 0, max: 40 }) })
  fc.assert(
    fc.property(fc.array(offer, { maxLength: 60 }), (offers) => {
      let reference = beginReference(1, 0)
      let hour = 0
      const replacedOfDay = new Map<number, number>()
      for (const { hours, count, ...more } of offers) {
        hour = Math.max(0, hour + hours)
        const before = reference.due.length
        reference = passTime(reference, hour * hourMs, rules)
        if (before === 0) replacedOfDay.set(reference.day, (replacedOfDay.get(reference.day) ?? 0) + reference.due.length)
        for (let n = 0; n < count; n += 1) reference = offerRow(reference, anOffer(n, more), rules)
        expect(reference.added.length).toBeLessThanOrEqual(rules.capacity)
        expect(reference.gathered.length + reference.due.length).toBeLessThanOrEqual(2 * stepRows(rules))
      }
      for (const replaced of replacedOfDay.values()) expect(replaced).toBeLessThanOrEqual(dayRows(rules))
    }),
  )
})

test('too few rows to choose from are waited for, and an hour that comes again changes nothing', () => {
  const few = passed(1, () => [anOffer(1), anOffer(2), anOffer(3)])
  expect(few).toMatchObject({ due: [], offered: 3 })
  expect(passTime(few, hourMs, rules)).toBe(few)
  expect(passTime(few, 0, rules)).toBe(few)
  expect(passTime(few, Number.NaN, rules)).toBe(few)
})

test('a clear alarm is never let in, other alarms and rows that broke a rule no more often than among ordinary rows', () => {
  expect(passed(40, tenOf({ risk: 0.95 }))).toMatchObject({ added: [], offered: 0 })
  const letIn = (more: Partial<OfferedRow>) => {
    let count = 0
    let reference = beginReference(1, 0)
    for (let n = 0; n < 1_000; n += 1) {
      const next = offerRow(reference, anOffer(n, more), rules)
      count += next.offered - reference.offered
      reference = next
    }
    return count
  }
  expect(letIn({ risk: 0.75 })).toBe(31)
  expect(letIn({ isFlagged: true })).toBe(100)
  expect(letIn({})).toBe(1_000)
})

test('each of the rows that are offered is as likely to be taken as any other', () => {
  const taken = new Array<number>(40).fill(0)
  for (let seed = 0; seed < 2_000; seed += 1) {
    const [first] = passed(1, () => Array.from({ length: 40 }, (_, n) => anOffer(n)), undefined, { ...rules, capacity: 32, seed }).due
    taken[first![0]!]! += 1
  }
  for (const count of taken) expect(Math.abs(count - 50)).toBeLessThan(35)
})

test('what was written goes on as if it had never been away', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), (hours) => {
      const before = passed(hours, tenOf())
      const read = decodeReference(encodeGathering(before), encodeAdded(before), 2)
      expect(read).toEqual(before)
      const later = (reference: MovingReference) => passed(80, tenOf(), reference)
      expect(later(read!)).toEqual(later(before))
    }),
    { numRuns: 20 },
  )
})

test('what is damaged, or of rows of another width, is not read', () => {
  const reference = passed(9, tenOf())
  const gathering = encodeGathering(reference)
  expect(decodeReference(gathering, encodeAdded(reference), 3)).toBeUndefined()
  expect(decodeReference(gathering, 'AAAA', 2)).toBeUndefined()
  expect(decodeReference({ ...gathering, hour: null }, encodeAdded(reference), 2)).toBeUndefined()
  expect(decodeReference(null, '', 2)).toBeUndefined()
})
