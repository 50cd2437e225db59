import { expect, test } from '@jest/globals'
import { deviation, learnLevel, noLevel } from './running-level.ts'

const levelOf = (values: readonly number[], fade: number) => values.reduce((level, value) => learnLevel(level, value, fade), noLevel)
const few = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]

test('until the memory is full it is the plain mean and variance', () => {
  const mean = few.reduce((sum, value) => sum + value, 0) / few.length
  const level = levelOf(few, 0.001)
  expect(level.mean).toBeCloseTo(mean, 12)
  expect(level.variance).toBeCloseTo(few.reduce((sum, value) => sum + (value - mean) ** 2, 0) / few.length, 12)
})

test('afterwards older values fade by the weight of one', () => {
  const level = levelOf([...new Array<number>(20).fill(0), 1, 0], 0.1)
  expect(level.mean).toBeCloseTo(0.1 * 0.9, 12)
})

test('a deviation is in standard deviations, the same for any scale, either way', () => {
  const [level, thousandfold] = [levelOf(few, 0.01), levelOf(few.map((value) => value * 1_000), 0.01)]
  expect(deviation(level, level.mean + 2 * Math.sqrt(level.variance))).toBeCloseTo(2, 6)
  expect(deviation(level, level.mean - 2 * Math.sqrt(level.variance))).toBeCloseTo(2, 6)
  expect(deviation(thousandfold, 20_000)).toBeCloseTo(deviation(level, 20), 9)
})

test('a series that never moved deviates by nothing until it moves, and then finitely', () => {
  const zeros = levelOf(new Array<number>(20).fill(0), 0.01)
  expect(deviation(zeros, 0)).toBe(0)
  expect(deviation(zeros, 1e-9)).toBe(1e6)
})

test('ten values are no level yet', () => {
  expect(deviation(levelOf(few.slice(0, 10), 0.01), 1_000)).toBe(0)
  expect(deviation(levelOf(few.slice(0, 11), 0.01), 1_000)).toBeGreaterThan(100)
})
