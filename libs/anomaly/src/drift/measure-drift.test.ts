import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { seededRandom } from '../seeded-random.ts'
import { driftLimits, driftOf, ksCriticalDistance, ksDistance, measureDrift, populationStabilityIndex, type BinnedPair } from './measure-drift.ts'
import { binOf, binValues } from './value-bins.ts'

const normal = (seed: number, count: number, shift = 0, scale = 1) => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => shift + scale * random.normal())
}

function pairOf(trained: readonly number[], live: readonly number[]): BinnedPair {
  const { bounds, counts } = binValues(trained)
  const liveCounts = counts.map(() => 0)
  for (const value of live) liveCounts[binOf(bounds, value)]! += 1
  return { trained: counts, live: liveCounts }
}

test('bins hold equally many values, and each value lies where its bin says', () => {
  const values = normal(1, 10_000)
  const { bounds, counts } = binValues(values)
  expect(counts).toHaveLength(20)
  for (const count of counts) expect(count).toBe(500)
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) => {
      const bin = binOf(bounds, value)
      if (bin > 0) expect(value).toBeGreaterThan(bounds[bin - 1]!)
      if (bin < bounds.length) expect(value).toBeLessThanOrEqual(bounds[bin]!)
    }),
  )
})

test('a value that most share has a bin of its own, and what rises above a constant shows', () => {
  const mostlyZero = [...new Array<number>(900).fill(0), ...normal(2, 100, 10)]
  const { bounds, counts } = binValues(mostlyZero)
  expect([bounds[0], counts[0]]).toEqual([0, 900])
  expect(driftOf(pairOf(new Array<number>(500).fill(0), new Array<number>(300).fill(1))).map(({ measure }) => measure)).toEqual(['psi', 'ks'])
})

test('the index agrees with one worked out by hand', () => {
  // Shares 0.5, 0.5 and 0.25, 0.75: −0.25 · ln 0.5 + 0.25 · ln 1.5.
  expect(populationStabilityIndex({ trained: [50, 50], live: [25, 75] })).toBeCloseTo(0.25 * Math.log(2) + 0.25 * Math.log(1.5), 12)
  expect(ksDistance({ trained: [50, 50], live: [25, 75] })).toBe(0.25)
  // c(0.05) = 1.358 in every table.
  expect(ksCriticalDistance(200, 200, 0.05)).toBeCloseTo(1.358 * Math.sqrt(400 / 40_000), 3)
})

test('both measures are 0 for equal shares, never negative, and the index doesn\'t mind which is which', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 2, maxLength: 20 })
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 9 }), (trained, times) => {
      const same = { trained, live: trained.map((count) => count * times) }
      expect(Math.abs(populationStabilityIndex(same))).toBeLessThan(1e-9)
      expect(ksDistance(same)).toBeLessThan(1e-9)
      const turned = { trained, live: [...trained].reverse() }
      expect(populationStabilityIndex(turned)).toBeGreaterThanOrEqual(0)
      expect(populationStabilityIndex(turned)).toBeCloseTo(populationStabilityIndex({ trained: turned.live, live: turned.trained }), 9)
    }),
  )
})

test('samples of one distribution hardly ever count as drifted, however small', () => {
  let alarms = 0
  for (let seed = 0; seed < 300; seed += 1) alarms += driftOf(pairOf(normal(seed, 2_000), normal(seed + 1_000, 200))).length > 0 ? 1 : 0
  expect(alarms).toBeLessThanOrEqual(3)
})

test('a shift of half a deviation and a doubled spread are drift', () => {
  expect(driftOf(pairOf(normal(1, 5_000), normal(2, 1_000, 0.6))).map(({ measure }) => measure)).toContain('ks')
  expect(driftOf(pairOf(normal(1, 5_000), normal(2, 1_000, 0, 2))).map(({ measure }) => measure)).toContain('psi')
})

test('too few live values say nothing', () => {
  expect(driftOf(pairOf(normal(1, 5_000), normal(2, 199, 5)))).toEqual([])
  expect(driftOf({ trained: [0, 0], live: [300, 0] })).toEqual([])
})

test('a measure below its limit is told with it, and other limits draw the line elsewhere, but never within what chance does', () => {
  const pair = pairOf(normal(1, 5_000), normal(2, 1_000, 0.3))
  expect(measureDrift(pair).map(({ measure, value, limit }) => [measure, value < limit, limit])).toEqual([['psi', true, 0.25], ['ks', true, 0.15]])
  expect(driftOf(pair, { ...driftLimits, psiMin: 0.05, ksMin: 0.1 }).map(({ measure }) => measure)).toEqual(['psi', 'ks'])
  const few = pairOf(normal(1, 5_000), normal(2, 200, 0))
  for (const { measure, limit } of measureDrift(few, { ...driftLimits, psiMin: 0, ksMin: 0 })) expect(limit).toBeGreaterThan(measure === 'psi' ? 0.19 : 0.13)
})
