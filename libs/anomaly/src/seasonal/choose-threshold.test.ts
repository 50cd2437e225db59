import { expect, test } from '@jest/globals'
import { seededRandom } from '../seeded-random.ts'
import { chooseThreshold } from './choose-threshold.ts'
import { operatingFigures } from './event-metrics.ts'

const events = [
  { start: 100, end: 110 },
  { start: 300, end: 306 },
]
const series = (seed: number, height: number) => {
  const random = seededRandom(seed)
  const scores = Float64Array.from({ length: 1_008 }, (_, hour) => random.uniform() + (events.some(({ start, end }) => start <= hour && hour < end) ? height : 0))
  return { scores, events }
}

test('scores that part events from the rest are parted', () => {
  const threshold = chooseThreshold([series(1, 2), series(2, 2)])
  expect(threshold).toBeGreaterThan(1)
  expect(operatingFigures([series(3, 2)], threshold)).toEqual({ pointAccuracy: 1, eventF1: 1, falseEventsPerSeriesWeek: 0 })
})

test('where events hardly stand out, silence is preferred to many false events', () => {
  const threshold = chooseThreshold([series(1, 0.3), series(2, 0.3)])
  expect(operatingFigures([series(1, 0.3), series(2, 0.3)], threshold).falseEventsPerSeriesWeek).toBeLessThanOrEqual(0.1)
})

test('hours without a score are left out', () => {
  const { scores } = series(1, 2)
  scores.fill(NaN, 500)
  expect(Number.isFinite(chooseThreshold([{ scores, events }]))).toBe(true)
})

test('without an event there is nothing to choose by', () => {
  expect(() => chooseThreshold([{ scores: [1, 2], events: [] }])).toThrow(RangeError)
})
