import { expect, test } from '@jest/globals'
import { seededRandom } from './seeded-random.ts'

const drawn = (seed: number, count: number) => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => random.uniform())
}

test('the same seed gives the same numbers, another seed others', () => {
  expect(drawn(7, 100)).toEqual(drawn(7, 100))
  expect(drawn(7, 100)).not.toEqual(drawn(8, 100))
})

test('uniform numbers lie in [0, 1) and fill it evenly', () => {
  const bins = new Array<number>(10).fill(0)
  for (const value of drawn(1, 100_000)) bins[Math.floor(value * 10)]! += 1
  // Expected 10,000 a bin with a standard deviation of 95.
  for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(500)
})

test('normal numbers have mean 0 and variance 1', () => {
  const random = seededRandom(3)
  const values = Array.from({ length: 100_000 }, () => random.normal())
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  expect(Math.abs(mean)).toBeLessThan(0.02)
  expect(Math.abs(variance - 1)).toBeLessThan(0.02)
})

test('shuffling keeps every item and puts each anywhere', () => {
  const random = seededRandom(5)
  const firsts = new Array<number>(4).fill(0)
  for (let turn = 0; turn < 8_000; turn += 1) {
    const items = [0, 1, 2, 3]
    random.shuffle(items)
    expect([...items].sort()).toEqual([0, 1, 2, 3])
    firsts[items[0]!]! += 1
  }
  for (const count of firsts) expect(Math.abs(count - 2_000)).toBeLessThan(250)
})
