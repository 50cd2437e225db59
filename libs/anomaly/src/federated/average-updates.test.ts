import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { seededRandom } from '../seeded-random.ts'
import { averageUpdates, type ModelUpdate } from './average-updates.ts'
import { privacyBudget } from './privacy-budget.ts'

const quiet = { clipNorm: 1e9, noiseMultiplier: 0, random: seededRandom(1) }
const update = (delta: readonly number[], examples = 1): ModelUpdate => ({ delta: Float32Array.from(delta), examples })
const distance = (left: Float32Array, right: Float32Array) => Math.hypot(...left.map((value, at) => value - right[at]!))

test('without noise, members weigh as much as what they learned from', () => {
  expect([...averageUpdates(Float32Array.of(1, 1), [update([1, 0], 3), update([0, 1], 1)], quiet)]).toEqual([1.75, 1.25])
})

test('no member moves the model further than the clip allows, whatever it sends', () => {
  const deltas = fc.array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e15), max: Math.fround(1e15) }), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(deltas, fc.double({ min: 0.01, max: 10, noNaN: true }), (all, clipNorm) => {
      const weights = new Float32Array(4)
      const moved = averageUpdates(weights, all.map((delta) => update(delta)), { ...quiet, clipNorm })
      expect(distance(moved, weights)).toBeLessThanOrEqual(clipNorm * 1.0001)
    }),
  )
})

test('noise has the deviation that was asked for, over the members, and hides how many examples each has', () => {
  const weights = new Float32Array(50_000)
  const members = [update(new Array<number>(50_000).fill(0), 1), update(new Array<number>(50_000).fill(0), 999)]
  const noised = averageUpdates(weights, members, { clipNorm: 2, noiseMultiplier: 3, random: seededRandom(4) })
  const deviation = Math.sqrt(noised.reduce((squares, value) => squares + value * value, 0) / noised.length)
  // 3 · 2 / 2 members.
  expect(Math.abs(deviation - 3)).toBeLessThan(0.05)
  const unequal = [update([1], 1), update([0], 999)]
  const random = { normal: () => 0 }
  expect([...averageUpdates(Float32Array.of(0), unequal, { clipNorm: 1, noiseMultiplier: 1e-9, random })]).toEqual([0.5])
})

test('an update that does not fit is refused by its number', () => {
  expect(() => averageUpdates(new Float32Array(2), [update([1, 1]), update([1])], quiet)).toThrow('update 1 has 1 weights, the model 2')
  expect(() => averageUpdates(new Float32Array(1), [update([NaN])], quiet)).toThrow('update 0 holds')
  expect(() => averageUpdates(new Float32Array(1), [], quiet)).toThrow(RangeError)
  expect(() => averageUpdates(new Float32Array(1), [update([1], 0)], quiet)).toThrow('no examples')
})

const epsilonOf = (...spent: readonly (readonly [rounds: number, noiseMultiplier: number])[]) =>
  privacyBudget(spent.map(([rounds, noiseMultiplier]) => ({ rounds, noiseMultiplier })), 1e-6).epsilon

test('the budget agrees with published values of the analytic Gaussian mechanism', () => {
  // δ(ε = 1) of μ = 1 is 0.126936737 (Dong, Roth & Su 2022, Cor. 2.13).
  expect(privacyBudget([{ rounds: 1, noiseMultiplier: 1 }], 0.12693673750664397)).toMatchObject({ epsilon: expect.closeTo(1, 9), rounds: 1 })
  expect(privacyBudget([{ rounds: 1, noiseMultiplier: 1 }], 1e-5).epsilon).toBeCloseTo(4.377, 2)
})

test('more rounds cost more, more noise costs less, and rounds add up in any order and however they are parted', () => {
  const sigma = fc.double({ min: 0.5, max: 20, noNaN: true })
  const rounds = fc.integer({ min: 1, max: 50 })
  fc.assert(
    fc.property(sigma, rounds, sigma, rounds, (noise, count, otherNoise, otherCount) => {
      const epsilon = epsilonOf([count, noise])
      expect(epsilonOf([count + 1, noise])).toBeGreaterThan(epsilon)
      expect(epsilonOf([count, noise * 1.1])).toBeLessThan(epsilon)
      expect(epsilonOf([1, noise / Math.sqrt(count)])).toBeCloseTo(epsilon, 6)
      const both = epsilonOf([count, noise], [otherCount, otherNoise])
      expect(both).toBeGreaterThan(epsilon)
      expect(epsilonOf([otherCount, otherNoise], [1, noise], [count - 1, noise])).toBeCloseTo(both, 6)
    }),
    { numRuns: 50 },
  )
})

test('no round costs nothing, and one round without noise leaves no guarantee', () => {
  expect(epsilonOf()).toBe(0)
  expect(epsilonOf([0, 1])).toBe(0)
  expect(epsilonOf([0, 0], [2, 8])).toBeLessThan(2)
  expect(epsilonOf([1, 0], [10, 8])).toBe(Infinity)
  expect(() => privacyBudget([], 0)).toThrow('delta')
})
