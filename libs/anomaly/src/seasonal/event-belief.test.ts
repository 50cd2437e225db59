import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { stabilised } from './count-scale.ts'
import { eventLogOdds, hourLikelihood, nextBelief, noEvent, settledBelief, type EventBelief } from './event-belief.ts'

const dispersion = 0.005
const hourOf = (count: number, expectedCount: number) =>
  hourLikelihood({ count, expected: stabilised(expectedCount, dispersion), spread: 1, expectedCount, dispersion })
const after = (counts: readonly number[], expectedCount: number) => counts.reduce((belief: EventBelief, count) => nextBelief(belief, hourOf(count, expectedCount)), noEvent)

test('the three states sum to 1 and the odds are finite, whatever is counted', () => {
  const counts = fc.array(fc.oneof(fc.nat(1_000), fc.constantFrom(0, 1e6, 1e12)), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(counts, fc.double({ min: 0, max: 5_000, noNaN: true }), (all, expectedCount) => {
      const belief = after(all, expectedCount)
      expect(belief.usual + belief.high + belief.low).toBeCloseTo(1, 9)
      expect(Number.isFinite(eventLogOdds(belief))).toBe(true)
    }),
  )
})

test('the more, the likelier an event: there is no count so wild that it is ordinary again', () => {
  const odds = [110, 150, 200, 400, 1_000, 1e5, 1e9].map((count) => eventLogOdds(after([count], 100)))
  expect(odds).toEqual(odds.toSorted((left, right) => left - right))
  expect(odds.at(-1)).toBeGreaterThan(10)
})

test('a little too much in each of twelve hours is an event though no single hour is', () => {
  expect(eventLogOdds(after([130], 100))).toBeLessThan(0)
  expect(eventLogOdds(after(Array<number>(12).fill(130), 100))).toBeGreaterThan(0)
})

test('too many and too few are told apart', () => {
  expect(after([300, 300], 100).high).toBeGreaterThan(0.99)
  expect(after([10, 10], 100).low).toBeGreaterThan(0.99)
})

test('an hour in which hardly anything is expected does not speak against a drop', () => {
  const dropping = after([5, 5], 100)
  expect(nextBelief(dropping, hourOf(0, 0.4)).low).toBeGreaterThan(0.75)
  expect(nextBelief(nextBelief(dropping, hourOf(100, 100)), hourOf(100, 100)).low).toBeLessThan(0.02)
})

test('what follows puts an hour right: the doubtful first hour of a raised level, and a single odd hour', () => {
  const first = nextBelief(noEvent, hourOf(125, 100))
  const odd = nextBelief(noEvent, hourOf(150, 100))
  expect(eventLogOdds(first)).toBeLessThan(0)
  expect(eventLogOdds(settledBelief(first, [hourOf(170, 100), hourOf(170, 100)]))).toBeGreaterThan(eventLogOdds(first) + 2)
  expect(eventLogOdds(settledBelief(odd, [hourOf(100, 100), hourOf(98, 100)]))).toBeLessThan(eventLogOdds(odd) - 1)
})

test('settling by nothing changes nothing', () => {
  const belief = after([120, 140], 100)
  expect(settledBelief(belief, []).high).toBeCloseTo(belief.high, 12)
})

test('settling agrees with summing over every path of states', () => {
  const hours = [hourOf(130, 100), hourOf(90, 100), hourOf(160, 100)]
  const states = ['usual', 'high', 'low'] as const
  // What one step of the recursion makes of certainty is the row of the transition matrix.
  const flat = { usual: 0, high: 0, low: 0 }
  const step = Object.fromEntries(states.map((state) => [state, nextBelief({ usual: 0, high: 0, low: 0, [state]: 1 }, flat)])) as Record<string, EventBelief>
  const sums = { usual: 0, high: 0, low: 0 }
  for (const one of states)
    for (const two of states)
      for (const three of states) {
        const path = [one, two, three]
        const moves = step['usual']![one] * step[one]![two] * step[two]![three]
        sums[one] += moves * Math.exp(path.reduce((sum, state, index) => sum + hours[index]![state], 0))
      }
  const total = sums.usual + sums.high + sums.low
  const settled = settledBelief(nextBelief(noEvent, hours[0]!), hours.slice(1))
  for (const state of states) expect(settled[state]).toBeCloseTo(sums[state] / total, 9)
})
