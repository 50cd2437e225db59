import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { seededRandom } from '../seeded-random.ts'
import { rehearse } from './rehearsal.ts'

const usual = Array.from({ length: 1_008 }, (_, hour) => 60 + 40 * Math.sin((2 * Math.PI * hour) / 24))
const counts = usual.map(Math.round)

test('only hours of events are changed, they lie apart and after the beginning, and counts stay counts', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 600 }), fc.double({ min: 0.5, max: 3, noNaN: true }), (seed, from, weekly) => {
      const rehearsed = rehearse(counts, usual, from, weekly, seededRandom(seed))
      expect(rehearsed.events.length).toBeGreaterThan(0)
      for (const [index, { start, end }] of rehearsed.events.entries()) {
        expect(start).toBeGreaterThanOrEqual(from)
        expect(end).toBeLessThanOrEqual(counts.length)
        if (index > 0) expect(start - rehearsed.events[index - 1]!.end).toBeGreaterThanOrEqual(24)
      }
      expect(rehearsed.counts.every((count) => Number.isInteger(count) && count >= 0)).toBe(true)
      const restored = rehearsed.counts.map((count, hour) => (rehearsed.events.some(({ start, end }) => start <= hour && hour < end) ? counts[hour] : count))
      expect(restored).toEqual(counts)
    }),
    { numRuns: 40 },
  )
})

test('the same seed gives the same events, another seed others', () => {
  const events = (seed: number) => rehearse(counts, usual, 336, 1, seededRandom(seed))
  expect(events(7)).toEqual(events(7))
  expect(events(8).events).not.toEqual(events(7).events)
})

test('of many rehearsed events most change the counts a lot, some up and some down', () => {
  const changes: number[] = []
  for (let seed = 0; seed < 30; seed += 1) {
    const rehearsed = rehearse(counts, usual, 336, 1, seededRandom(seed))
    for (const { start, end } of rehearsed.events) {
      const sum = (values: readonly number[]) => values.slice(start, end).reduce((total, value) => total + value, 0)
      changes.push(sum(rehearsed.counts) / sum(counts))
    }
  }
  expect(changes.filter((change) => change > 1.4).length).toBeGreaterThan(changes.length * 0.4)
  expect(changes.filter((change) => change < 0.6).length).toBeGreaterThan(changes.length * 0.15)
})
