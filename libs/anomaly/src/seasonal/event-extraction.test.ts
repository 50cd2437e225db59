import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { eventsIn } from './event-extraction.ts'

test('flags with short gaps are one event; what is too short is none', () => {
  const flags = [0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0, NaN, 1, 1]
  expect(eventsIn(flags, 1, { gapHoursMax: 2, lengthHoursMin: 2 })).toEqual([
    { start: 1, end: 6 },
    { start: 9, end: 14 },
  ])
  expect(eventsIn(flags, 1, { gapHoursMax: 0, lengthHoursMin: 2 })).toEqual([
    { start: 1, end: 3 },
    { start: 12, end: 14 },
  ])
})

test('events are in order, farther apart than a gap, long enough, and begin and end with a flag', () => {
  const shape = fc.record({ gapHoursMax: fc.nat(4), lengthHoursMin: fc.integer({ min: 1, max: 4 }) })
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 1), { maxLength: 80 }), shape, (flags, { gapHoursMax, lengthHoursMin }) => {
      const events = eventsIn(flags, 1, { gapHoursMax, lengthHoursMin })
      for (const [index, { start, end }] of events.entries()) {
        expect(end - start).toBeGreaterThanOrEqual(lengthHoursMin)
        expect([flags[start], flags[end - 1]]).toEqual([1, 1])
        if (index > 0) expect(start - events[index - 1]!.end).toBeGreaterThan(gapHoursMax)
      }
      const covered = flags.filter((flag, hour) => flag === 1 && events.some(({ start, end }) => start <= hour && hour < end)).length
      if (lengthHoursMin === 1) expect(covered).toBe(flags.filter((flag) => flag === 1).length)
    }),
  )
})
