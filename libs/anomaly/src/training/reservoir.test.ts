import { expect, test } from '@jest/globals'
import { seededRandom } from '../seeded-random.ts'
import { createReservoir } from './reservoir.ts'

test('of more than fit, each is kept as often as any other', () => {
  const random = seededRandom(1)
  const times = new Array<number>(20).fill(0)
  for (let turn = 0; turn < 4_000; turn += 1) {
    const reservoir = createReservoir<number>(5, random)
    for (let item = 0; item < 20; item += 1) reservoir.offer(item)
    expect(new Set(reservoir.kept).size).toBe(5)
    for (const item of reservoir.kept) times[item]! += 1
  }
  // Expected 1,000 each with a standard deviation of 27.
  for (const each of times) expect(Math.abs(each - 1_000)).toBeLessThan(150)
})

test('all are kept while there is room', () => {
  const reservoir = createReservoir<number>(5, seededRandom(1))
  for (let item = 0; item < 5; item += 1) reservoir.offer(item)
  expect(reservoir.kept).toEqual([0, 1, 2, 3, 4])
})
