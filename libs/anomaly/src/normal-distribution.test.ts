import { expect, test } from '@jest/globals'
import { logNormalTail, normalTail } from './normal-distribution.ts'

test.each([
  // Values of the tables, and of the tail far out (Abramowitz & Stegun 1964, tables 26.1 and 26.2).
  [0, 0.5],
  [1, 0.15865525393145705],
  [1.959963984540054, 0.025],
  [3, 0.0013498980316300933],
  [6, 9.865876450376981e-10],
  [-2, 0.9772498680518208],
])('P(X > %d) is %d', (x, probability) => {
  expect(Math.abs(normalTail(x) / probability - 1)).toBeLessThan(1e-12)
})

test('the two ways of computing it meet without a step, and far out it stays a number', () => {
  expect(Math.abs(logNormalTail(3 - 1e-12) - logNormalTail(3 + 1e-12))).toBeLessThan(1e-9)
  expect(logNormalTail(20) / Math.LN10).toBeCloseTo(-88.56, 2)
  expect(Number.isFinite(logNormalTail(1e6))).toBe(true)
})
