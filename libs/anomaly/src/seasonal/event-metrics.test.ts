import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { eventFigures } from './event-metrics.ts'

const scoresOf = (hours: number, ...spans: readonly (readonly [number, number])[]) => {
  const scores = new Float64Array(hours)
  for (const [start, end] of spans) scores.fill(1, start, end)
  return scores
}

test('figures agree with those worked out by hand', () => {
  // Two weeks; of three events one is found half, one whole, one not, and one that isn't there is found.
  const events = [
    { start: 10, end: 20 },
    { start: 50, end: 54 },
    { start: 100, end: 110 },
  ]
  const figures = eventFigures([{ scores: scoresOf(336, [10, 15], [50, 54], [200, 203]), events }], 0.5)
  expect(figures.pointAccuracy).toBeCloseTo((336 - 5 - 10 - 3) / 336, 12)
  expect(figures.eventF1).toBeCloseTo(2 / 3, 12)
  expect(figures.falseEventsPerSeriesWeek).toBe(0.5)
  expect(figures.auc).toBeCloseTo((9 / 24) * (309 / 312) + 0.5 * ((9 / 24) * (3 / 312) + (15 / 24) * (309 / 312)), 12)
})

test('one hour found of a long event does not count for its other hours', () => {
  const figures = eventFigures([{ scores: scoresOf(200, [40, 42]), events: [{ start: 30, end: 130 }] }], 0.5)
  expect(figures.eventF1).toBe(1)
  expect(figures.pointAccuracy).toBeCloseTo(102 / 200, 12)
})

test('an event that ends where another begins does not touch it', () => {
  const figures = eventFigures([{ scores: scoresOf(168, [20, 30]), events: [{ start: 30, end: 40 }, { start: 10, end: 20 }] }], 0.5)
  expect([figures.eventF1, figures.falseEventsPerSeriesWeek]).toEqual([0, 1])
})

test('finding nothing scores what the ordinary hours are, and an F1 of 0', () => {
  const figures = eventFigures([{ scores: scoresOf(100), events: [{ start: 0, end: 10 }] }], 0.5)
  expect(figures).toEqual({ pointAccuracy: 0.9, auc: 0.5, eventF1: 0, falseEventsPerSeriesWeek: 0 })
})

test('finding exactly what is there is perfect', () => {
  const starts = fc.uniqueArray(fc.nat(14), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(starts, (days) => {
      const events = days.map((day) => ({ start: day * 24, end: day * 24 + 5 }))
      const scores = scoresOf(360, ...events.map(({ start, end }) => [start, end] as const))
      expect(eventFigures([{ scores, events }], 0.5)).toEqual({ pointAccuracy: 1, auc: 1, eventF1: 1, falseEventsPerSeriesWeek: 0 })
    }),
  )
})
