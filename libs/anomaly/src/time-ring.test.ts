import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addToRing, bucketsMax, emptyRing, windowOf, type RingSpan, type TimeRing } from './time-ring.ts'

const minuteMs = 60_000
const hour: RingSpan = { windowMs: 60 * minuteMs, bucketMs: 2 * minuteMs, combine: 'add' }
const largest: RingSpan = { ...hour, combine: 'largest' }
const now = Date.UTC(2026, 0, 31, 20)

function ringOf(span: RingSpan, ...entries: [minutes: number, amount: number][]): TimeRing {
  return entries.reduce((ring, [minutes, amount]) => addToRing(ring, span, now + minutes * minuteMs, amount), emptyRing)
}

test('a window counts what happened within it and nothing older', () => {
  const ring = ringOf(hour, [-120, 64], [-63, 32], [-60, 4], [-59, 2], [0, 1])
  expect(windowOf(ring, hour, now)).toBe(7)
})

test('a late event counts in the bucket of its own time', () => {
  const inOrder = ringOf(hour, [-50, 1], [-30, 2], [0, 4])
  expect(ringOf(hour, [0, 4], [-50, 1], [-30, 2])).toEqual(inOrder)
  expect(windowOf(inOrder, hour, now - 20 * minuteMs)).toBe(3)
})

test('a "largest" window remembers the worst, not the sum', () => {
  expect(windowOf(ringOf(largest, [-30, 5], [-30, 3], [0, 2]), largest, now)).toBe(5)
})

test('adding leaves the ring it was given as it was', () => {
  const ring = Object.freeze([...ringOf(hour, [0, 1])])
  addToRing(ring, hour, now, 1)
  addToRing(ring, hour, now + 10 * minuteMs, 1)
  expect(ring).toEqual(ringOf(hour, [0, 1]))
})

test('a full window loses at most one bucket to an event from the future and is whole again with the next events', () => {
  let ring: TimeRing = emptyRing
  for (let minute = 0; minute < 200; minute += 1) ring = addToRing(ring, hour, now + minute * minuteMs, 1)
  const at = now + 199 * minuteMs
  const before = windowOf(ring, hour, at)
  ring = addToRing(ring, hour, at + 86_400_000, 1)
  expect(windowOf(ring, hour, at)).toBeGreaterThanOrEqual(before - 2)
  for (let minute = 200; minute < 270; minute += 1) ring = addToRing(ring, hour, now + minute * minuteMs, 1)
  expect(windowOf(ring, hour, now + 269 * minuteMs)).toBe(62)
})

test('in time order every window is exact to the bucket, whatever the gaps', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 9 })), { maxLength: 200 }), (steps) => {
      let minutes = 0
      let ring: TimeRing = emptyRing
      const seen: [number, number][] = []
      for (const [gap, amount] of steps) {
        minutes += gap
        ring = addToRing(ring, hour, now + minutes * minuteMs, amount)
        seen.push([Math.floor(minutes / 2), amount])
        const first = Math.floor(minutes / 2) - 30
        const expected = seen.reduce((sum, [bucket, amount]) => (bucket >= first ? sum + amount : sum), 0)
        expect(windowOf(ring, hour, now + minutes * minuteMs)).toBe(expected)
      }
    }),
  )
})

test('a ring stays sorted and never holds more buckets than its bound, whatever the times', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1e13, max: 1e13 }), { maxLength: 300 }), (times) => {
      const ring = times.reduce((ring, atMs) => addToRing(ring, hour, atMs, 1), emptyRing)
      const buckets = ring.filter((_, index) => index % 2 === 0)
      expect(buckets).toEqual([...new Set(buckets)].sort((a, b) => a - b))
      expect(buckets.length).toBeLessThanOrEqual(bucketsMax(hour))
    }),
  )
})
