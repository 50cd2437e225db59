import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createRandom } from './random.ts'

const drawn = (seed: string, count: number) => {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => random.next())
}

test('the same seed gives the same draws, another seed others', () => {
  expect(drawn('a', 100)).toEqual(drawn('a', 100))
  expect(drawn('a', 100)).not.toEqual(drawn('b', 100))
})

test('draws lie in [0, 1) and fill it evenly', () => {
  const draws = drawn('even', 100_000)
  expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true)
  const tenths = new Array<number>(10).fill(0)
  for (const draw of draws) tenths[Math.floor(draw * 10)]! += 1
  // Chi-squared with 9 degrees of freedom exceeds 27.9 once in a thousand; the seed is fixed, so this can't flicker.
  expect(tenths.reduce((sum, seen) => sum + (seen - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9)
})

test('whole numbers reach both ends and never leave them', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: -50, max: 50 }), fc.nat(5), (seed, min, width) => {
      const random = createRandom(seed)
      const seen = new Set(Array.from({ length: 400 }, () => random.integer(min, min + width)))
      expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: width + 1 }, (_, i) => min + i))
    }),
  )
})

test('a fork neither shifts its parent nor depends on how far the parent has got', () => {
  const parent = createRandom('parent')
  const before = parent.fork('child').next()
  const first = parent.next()
  expect(parent.fork('child').next()).toBe(before)
  expect(first).toBe(drawn('parent', 1)[0])
  expect(parent.fork('other').next()).not.toBe(before)
})

test('a shuffle keeps every item and leaves its argument alone', () => {
  const items = Object.freeze([1, 2, 3, 4, 5, 6, 7, 8])
  const shuffled = createRandom('s').shuffle(items)
  expect(shuffled).not.toEqual(items)
  expect(shuffled.toSorted((a, b) => a - b)).toEqual(items)
})
