import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { calibrated, calibrationFrom, calibrationNumbers, fitCalibration, surpriseOf } from './calibrate.ts'
import { seededRandom, type SeededRandom } from './seeded-random.ts'

const draw = (count: number, seed: number, next: (random: SeededRandom) => number) => {
  const random = seededRandom(seed)
  return Float64Array.from({ length: count }, () => next(random))
}
const distributions: [string, (random: SeededRandom) => number][] = [
  ['normal', (random) => random.normal()],
  ['uniform, which ends abruptly', (random) => random.uniform()],
  ['heavy-tailed', (random) => (1 - random.uniform()) ** -0.4],
  ['discrete, most of it one value', (random) => Math.max(0, Math.floor(3 * random.normal() - 2))],
]
const finite = fc.double({ noNaN: true, min: -1e6, max: 1e6 })
const manyScores = fc.array(fc.oneof(finite, fc.integer({ min: 0, max: 5 })), { minLength: 2, maxLength: 300 })

describe.each(distributions)('for scores that are %s', (_, next) => {
  test.each([0.001, 0.01, 0.03])('no more than the stated share %d of fresh scores reach 0.7, but for chance', (falseAlarmRate) => {
    const calibration = fitCalibration(draw(20_000, 1, next), { falseAlarmRate })
    const alarms = draw(100_000, 2, next).filter((score) => calibrated(calibration, score) >= 0.7).length / 100_000
    expect(alarms).toBeLessThan(1.4 * falseAlarmRate)
  })
})

test.each(distributions.slice(0, 3))('the stated share is reached, too, where scores are %s', (_, next) => {
  const calibration = fitCalibration(draw(20_000, 1, next), { falseAlarmRate: 0.001 })
  expect(draw(100_000, 2, next).filter((score) => calibrated(calibration, score) >= 0.7).length / 100_000).toBeGreaterThan(0.0006)
})

test('a rate beyond what the reference can show is extrapolated: 500 scores hold one in a thousand within a factor of three', () => {
  const rates = Array.from({ length: 20 }, (_, seed) => {
    const calibration = fitCalibration(draw(500, seed, (random) => random.normal()))
    return draw(20_000, 1_000 + seed, (random) => random.normal()).filter((score) => calibrated(calibration, score) >= 0.7).length / 20_000
  })
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
  expect(mean).toBeGreaterThan(0.001 / 3)
  expect(mean).toBeLessThan(0.003)
})

test('a risk is in [0, 1] and never falls when the score rises, whatever the reference', () => {
  fc.assert(
    fc.property(manyScores, fc.array(finite, { minLength: 2, maxLength: 20 }), fc.constantFrom(0.001, 0.02, 0.5), (reference, scores, falseAlarmRate) => {
      const calibration = fitCalibration(reference, { falseAlarmRate })
      const risks = [...scores, ...reference].sort((left, right) => left - right).map((score) => calibrated(calibration, score))
      for (const [index, risk] of risks.entries()) {
        expect(risk).toBeGreaterThanOrEqual(index === 0 ? 0 : risks[index - 1]!)
        expect(risk).toBeLessThanOrEqual(1)
      }
    }),
  )
})

test('scores within the reference and beyond it keep their order strictly', () => {
  const calibration = fitCalibration(draw(1_000, 1, (random) => random.uniform()))
  const surprises = [0.1, 0.100001, 0.5, 0.98, 0.99, 1, 1.1, 5, 1e9].map((score) => surpriseOf(calibration, score))
  expect(surprises.every((surprise, index) => index === 0 || surprise > surprises[index - 1]!)).toBe(true)
})

test('half of the reference is less surprising than one bit', () => {
  const calibration = fitCalibration(draw(10_001, 1, (random) => random.normal()))
  expect(surpriseOf(calibration, 0)).toBeCloseTo(Math.LN2, 1)
  expect(surpriseOf(calibration, -100)).toBe(0)
})

test('the order of the reference scores changes nothing', () => {
  fc.assert(fc.property(manyScores, (reference) => expect(fitCalibration([...reference].reverse())).toEqual(fitCalibration(reference))))
})

test('a calibration survives JSON and numbers without a change', () => {
  fc.assert(
    fc.property(manyScores, (reference) => {
      const calibration = fitCalibration(reference)
      expect(JSON.parse(JSON.stringify(calibration))).toEqual(calibration)
      expect(calibrationFrom(calibrationNumbers(calibration))).toEqual(calibration)
    }),
  )
})

test('what is no calibration is refused', () => {
  expect(() => fitCalibration([1])).toThrow('a calibration needs 2 scores, there are 1')
  expect(() => fitCalibration([1, NaN])).toThrow('no finite number')
  expect(() => fitCalibration([1, 2], { falseAlarmRate: 0 })).toThrow('falseAlarmRate: 0')
  expect(() => calibrationFrom(Float64Array.of(0.1, 0, 1, 0, 3))).toThrow('no calibration')
})
