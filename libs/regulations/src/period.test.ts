import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { endOf, longestMs, parsePeriod } from './period.ts'

const ends = (start: string, period: string) => {
  const parsed = parsePeriod(period)
  if (parsed === undefined) throw new Error(`${period} is no period`)
  return new Date(endOf(Date.parse(start), parsed)).toISOString()
}

test.each([
  ['2026-01-15T12:00:00Z', 'P1M', '2026-02-15T12:00:00.000Z'],
  ['2026-01-31T12:00:00Z', 'P1M', '2026-02-28T12:00:00.000Z'],
  ['2024-01-31T12:00:00Z', 'P1M', '2024-02-29T12:00:00.000Z'],
  ['2024-02-29T00:00:00Z', 'P1Y', '2025-02-28T00:00:00.000Z'],
  ['2026-11-30T00:00:00Z', 'P3M', '2027-02-28T00:00:00.000Z'],
  ['2026-03-28T12:00:00Z', 'PT72H', '2026-03-31T12:00:00.000Z'],
  ['2026-01-01T00:00:00Z', 'P45D', '2026-02-15T00:00:00.000Z'],
  ['2026-01-01T00:00:00Z', 'P2W', '2026-01-15T00:00:00.000Z'],
  ['2026-01-01T00:00:00Z', 'P1Y2M3DT4H5M', '2027-03-04T04:05:00.000Z'],
  ['2026-01-16T09:00:00Z', '1 business day', '2026-01-19T09:00:00.000Z'],
  ['2026-01-15T09:00:00Z', '10 business days', '2026-01-29T09:00:00.000Z'],
  ['2026-01-17T09:00:00Z', '5 business days', '2026-01-23T09:00:00.000Z'],
])('from %s, %s end at %s', (start, period, end) => {
  expect(ends(start, period)).toBe(end)
})

test.each(['', 'P', 'PT', 'P0D', '0 business days', '30 days', 'P1.5M', 'p1m', 'PT10S', 'P-1D', 'P1M ', 'P99999D', '-1 business days'])(
  '%j is no period',
  (text) => {
    expect(parsePeriod(text)).toBeUndefined()
  },
)

test('no period is anywhere longer than its longest', () => {
  const period = fc.record({ months: fc.integer({ min: 0, max: 40 }), ms: fc.integer({ min: 0, max: 1e10 }), businessDays: fc.integer({ min: 0, max: 60 }) })
  const start = fc.integer({ min: Date.parse('2000-01-01'), max: Date.parse('2040-01-01') })
  fc.assert(fc.property(period, start, (each, startMs) => endOf(startMs, each) >= startMs && endOf(startMs, each) - startMs <= longestMs(each)))
})
