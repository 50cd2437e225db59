import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { calibrationError, ensembleMetrics, operatingPoint, rankAgreement } from './ensemble-metrics.ts'
import { seededRandom } from './seeded-random.ts'

const scores = [0.9, 0.8, 0.7, 0.6, 0.1]
const labels = [1, 0, 1, 1, 0]

test('alarms are counted from the threshold on', () => {
  const point = operatingPoint({ scores, labels }, 0.7)
  expect(point.precision).toBeCloseTo(2 / 3)
  expect(point.recall).toBeCloseTo(2 / 3)
  expect(point.falsePositiveRate).toBe(1 / 2)
  expect(point.accuracy).toBe(3 / 5)
  expect(point.balancedAccuracy).toBeCloseTo((2 / 3 + 1 / 2) / 2)
})

test('whoever calls everything normal has the accuracy of the prevalence and a balanced accuracy of one half', () => {
  const point = operatingPoint({ scores: [0, 0, 0, 0, 0], labels: [1, 0, 0, 0, 0] }, 0.7)
  expect(point).toEqual({ precision: NaN, recall: 0, falsePositiveRate: 0, accuracy: 0.8, balancedAccuracy: 0.5 })
})

test('probabilities that come true have no calibration error, certain ones that do not have an error of one', () => {
  const random = seededRandom(1)
  const probabilities = Array.from({ length: 50_000 }, () => random.uniform())
  const came = probabilities.map((probability) => (random.uniform() < probability ? 1 : 0))
  expect(calibrationError({ scores: probabilities, labels: came })).toBeLessThan(0.01)
  expect(calibrationError({ scores: probabilities.map((probability) => probability / 2), labels: came })).toBeGreaterThan(0.2)
  expect(calibrationError({ scores: [1, 1, 0], labels: [0, 0, 1] })).toBe(1)
})

test('detectors agree by the order they bring rows into, whatever their scales', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 2, maxLength: 50 }), (values) => {
      expect(rankAgreement(values, values.map((value) => Math.exp(value / 1_000)))).toBeCloseTo(1)
      expect(rankAgreement(values, values.map((value) => -value))).toBeCloseTo(-1)
    }),
  )
  expect(rankAgreement([1, 2, 3], [5, 5, 5])).toBe(0)
  expect(rankAgreement([1, 2, 2, 3], [10, 20, 20, 30])).toBeCloseTo(1)
})

test('the metrics of an ensemble have AUC, the operating point, agreement and calibration error', () => {
  const metrics = ensembleMetrics({ scores, labels }, { threshold: 0.7, probabilities: [1, 0, 1, 1, 0], byDetector: [scores, scores, scores.map((score) => -score)] })
  expect(metrics.auc).toBeCloseTo(4 / 6)
  expect(metrics.precision).toBeCloseTo(2 / 3)
  expect(metrics.recall).toBeCloseTo(2 / 3)
  expect(metrics.agreement).toBeCloseTo(-1 / 3)
  expect(metrics.calibrationError).toBe(0)
})
