import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { seededRandom } from '../seeded-random.ts'
import { relativeSlope, stabilised, unstabilised } from './count-scale.ts'

const dispersions = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 0.5, noNaN: true }))

test('a count comes back from the scale', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), dispersions, (count, dispersion) => {
      expect(Math.abs(unstabilised(stabilised(count, dispersion), dispersion) - count)).toBeLessThan(1e-6 * (1 + count))
    }),
  )
})

test('the scale is rising, and no place on it stands for a count below 0', () => {
  fc.assert(
    fc.property(fc.nat(10_000), dispersions, (count, dispersion) => {
      expect(stabilised(count + 1, dispersion)).toBeGreaterThan(stabilised(count, dispersion))
      expect(unstabilised(0, dispersion)).toBe(0)
    }),
  )
})

test.each([
  [20, 0],
  [20, 0.1],
  [400, 0],
  [400, 0.05],
])('counts with mean %d and dispersion %d have standard deviation 1 on it, within 8 %%', (mean, dispersion) => {
  const random = seededRandom(1)
  const places = Array.from({ length: 3_000 }, () => {
    // A sum of Bernoulli draws about a Gamma rate, which is made of exponentials.
    const shape = Math.round(1 / Math.max(dispersion, 1e-9))
    let rate = mean
    if (dispersion > 0) {
      rate = 0
      for (let part = 0; part < shape; part += 1) rate -= (mean / shape) * Math.log(1 - random.uniform())
    }
    let count = 0
    for (let time = -Math.log(1 - random.uniform()); time < rate; time -= Math.log(1 - random.uniform())) count += 1
    return stabilised(count, dispersion)
  })
  const middle = places.reduce((sum, place) => sum + place, 0) / places.length
  const deviation = Math.sqrt(places.reduce((sum, place) => sum + (place - middle) ** 2, 0) / places.length)
  expect(Math.abs(deviation - 1)).toBeLessThan(0.08)
})

test('the slope is what a relative change of the mean moves the place by', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.5, max: 1e5, noNaN: true }), dispersions, (mean, dispersion) => {
      const moved = (stabilised(mean * Math.exp(1e-4), dispersion) - stabilised(mean * Math.exp(-1e-4), dispersion)) / 2e-4
      expect(relativeSlope(mean, dispersion) / moved).toBeCloseTo(1, 3)
    }),
  )
})
