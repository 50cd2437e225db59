import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { calibrated, fitCalibration, scoreOfSurprise, surpriseOf } from '../calibrate.ts'
import { matrixOf } from '../data-matrix.ts'
import { seededRandom } from '../seeded-random.ts'
import { recalibrated, type RecalibrationRows } from './recalibrate.ts'

const random = seededRandom(2)
const usual = fitCalibration(Array.from({ length: 10_000 }, () => random.normal()), { falseAlarmRate: 0.01 })
const finished = (given: RecalibrationRows) => {
  const steps = recalibrated(usual, given)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
const normal = (count: number, mean: number) => matrixOf(Array.from({ length: count }, () => [mean + random.normal()]))
const scoreRow = (row: Float64Array) => row[0]!
const thresholdOf = (calibration: typeof usual) => scoreOfSurprise(calibration, -Math.log(0.01))

test('the score of a surprise is as surprising, below and in the tail', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 9, noNaN: true }), (surprise) => {
      expect(surpriseOf(usual, scoreOfSurprise(usual, surprise))).toBeCloseTo(surprise, 9)
    }),
  )
  expect(scoreOfSurprise(usual, 0)).toBe(usual.knots[0])
})

test('with rows like those before, what is an alarm stays one', () => {
  expect(Math.abs(thresholdOf(finished({ kept: 500, added: normal(500, 0), scoreRow })) - thresholdOf(usual))).toBeLessThan(0.4)
  expect(Math.abs(thresholdOf(finished({ kept: 1_000, added: { values: new Float64Array(0), rowCount: 0, columnCount: 1 }, scoreRow })) - thresholdOf(usual))).toBeLessThan(0.1)
})

test('rows that score higher than those before raise what is an alarm by their share, and the rate stays the stated one', () => {
  const half = finished({ kept: 500, added: normal(500, 2), scoreRow })
  const all = finished({ kept: 0, added: normal(1_000, 2), scoreRow })
  expect(thresholdOf(half)).toBeGreaterThan(thresholdOf(usual) + 1)
  expect(half.falseAlarmRate).toBe(0.01)
  expect(calibrated(all, 2 + 2.33)).toBeCloseTo(0.7, 1)
})
