import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { comparedDays, dayOf, isCompared, keptDays } from './compared-days.ts'

const hourMs = 3_600_000
const nowMs = Date.parse('2026-03-01T00:30:00Z')

test('yesterday and today are compared, over the end of a month, too, and tomorrow is kept beside them', () => {
  expect(comparedDays(nowMs)).toEqual({ from: '2026-02-28', to: '2026-03-01' })
  expect(keptDays(nowMs)).toEqual({ from: '2026-02-28', to: '2026-03-02' })
})

test('a time is compared when its day is one of those, and neither a later nor a far one nor one that is none', () => {
  fc.assert(
    fc.property(fc.integer({ min: -100, max: 100 }), (hours) => {
      const atMs = nowMs + hours * hourMs
      const { from, to } = comparedDays(nowMs)
      expect(isCompared(atMs, nowMs)).toBe(dayOf(atMs) >= from && dayOf(atMs) <= to)
    }),
  )
  for (const atMs of [NaN, Infinity, -Infinity, 8.64e15, -8.64e15, 0]) expect(isCompared(atMs, nowMs)).toBe(false)
})
