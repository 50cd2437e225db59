import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { collectHourlySeries, hourlySeriesFrom, hourlySeriesToBytes } from './hourly-series.ts'

const hourMs = 3_600_000
const toMs = Date.parse('2026-03-02T00:00:00Z')
const event = (hoursBefore: number, data: object = {}) => ({ type: 'com.ott.signin.failed.v1', time: new Date(toMs - Math.round(hoursBefore * hourMs)).toISOString(), data })

function collected(events: readonly ReturnType<typeof event>[]) {
  const series = collectHourlySeries({ toMs, hoursMax: 100 })
  for (const each of events) series.add(each)
  return series.finish()
}

test('every event counts in its own hour, hours without are 0, and sign-in failures as often as they say', () => {
  const { start, hours, counts } = collected([event(3, { attempts: 4 }), event(1), event(2.5)])
  expect([start, hours]).toEqual([toMs / hourMs - 3, 3])
  expect([...counts.get('events:all')!]).toEqual([2, 0, 1])
  expect([...counts.get('sign-in-failures:all')!]).toEqual([5, 0, 1])
})

test('what is too old or not over yet counts in no hour, and all others are counted once', () => {
  const times = fc.array(fc.double({ min: -50, max: 200, noNaN: true }), { maxLength: 60 })
  fc.assert(
    fc.property(times, (hoursBefore) => {
      const { counts } = collected(hoursBefore.map((hours) => event(hours, { country: 'DE' })))
      const expected = hoursBefore.filter((hours) => {
        const hour = Math.floor((toMs - Math.round(hours * hourMs)) / hourMs)
        return hour < toMs / hourMs && hour >= toMs / hourMs - 100
      }).length
      for (const key of ['events:all', 'events:country:de']) expect((counts.get(key) ?? new Float64Array()).reduce((sum, count) => sum + count, 0)).toBeCloseTo(expected, 0)
    }),
  )
})

test('series come back from their bytes as they were', () => {
  const series = collected([event(3, { country: 'DE' }), event(1, { country: 'FR' })])
  expect(hourlySeriesFrom(hourlySeriesToBytes(series))).toEqual(series)
})
