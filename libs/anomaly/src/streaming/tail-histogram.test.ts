import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { seededRandom, type SeededRandom } from '../seeded-random.ts'
import { binsMax, emptyTail, learnMagnitude, surprise } from './tail-histogram.ts'

const learned = (magnitudes: readonly number[]) => magnitudes.reduce(learnMagnitude, emptyTail)

function drawn(count: number, draw: (random: SeededRandom) => number) {
  const random = seededRandom(11)
  return learned(Array.from({ length: count }, () => draw(random)))
}

const exponential = (random: SeededRandom) => -Math.log(1 - random.uniform())

test('within what was seen, surprise is minus the decimal logarithm of the share of larger magnitudes', () => {
  const tail = drawn(5_000, exponential)
  for (const decades of [0.3, 1, 1.5]) expect(Math.abs(surprise(tail, decades * Math.LN10) - decades)).toBeLessThan(0.1)
})

test('beyond it the tail is carried on: more surprising with size, and less so than exponential alone as tails may be heavier', () => {
  const tail = drawn(5_000, exponential)
  const six = surprise(tail, 6 * Math.LN10)
  expect(six).toBeGreaterThan(3.7)
  expect(six).toBeLessThan(6)
  expect(surprise(tail, 9 * Math.LN10)).toBeGreaterThan(six + 0.5)
})

test('the heavier the tail of a history, the less the same multiple of its median surprises', () => {
  const [light, heavy] = [drawn(3_000, exponential), drawn(3_000, (random) => (1 - random.uniform()) ** -1)]
  expect(surprise(heavy, 30 * 2)).toBeLessThan(surprise(light, 30 * Math.LN2))
})

test('fewer than fifty magnitudes judge nothing', () => {
  const few = learned(new Array<number>(49).fill(1))
  expect(surprise(few, 1e9)).toBe(0)
  expect(surprise(learnMagnitude(few, 1), 1e9)).toBeGreaterThan(3)
})

test('whatever came, a larger magnitude never surprises less beyond one bin, and surprise lies from 0 to 12', () => {
  const magnitude = fc.oneof(fc.double({ min: 0, max: 1e100, noNaN: true }), fc.double({ min: 0, max: 10, noNaN: true }), fc.constant(0))
  fc.assert(
    fc.property(fc.array(magnitude, { minLength: 60, maxLength: 400 }), magnitude, (history, asked) => {
      const tail = learned(history)
      const [low, high] = [surprise(tail, asked), surprise(tail, asked * 1.2)]
      expect(low).toBeGreaterThanOrEqual(0)
      expect(high).toBeLessThanOrEqual(12)
      expect(high).toBeGreaterThanOrEqual(low - 1e-9)
    }),
  )
})

test('it never holds more bins than its bound, and counts all it was told', () => {
  const magnitudes = Array.from({ length: 2_000 }, (_, index) => 1.1 ** ((index * 7_919) % 2_000) * 1e-90)
  const tail = learned(magnitudes)
  expect(tail.bins).toHaveLength(binsMax)
  expect(tail.bins).toEqual([...tail.bins].sort((left, right) => right - left))
  expect(tail.counts.reduce((sum, count) => sum + count, 0)).toBe(2_000)
})

test('an extreme that came once is forgotten after some ten thousand others', () => {
  const withExtreme = learnMagnitude(drawn(100, exponential), 1e6)
  const random = seededRandom(4)
  let tail = withExtreme
  for (let turn = 0; turn < 16_000; turn += 1) tail = learnMagnitude(tail, exponential(random))
  expect(withExtreme.bins[0]).toBeGreaterThan(150)
  expect(tail.bins[0]).toBeLessThan(60)
  expect(tail.total).toBeLessThanOrEqual(10_000)
})
