import { expect, test } from '@jest/globals'
import { backOffMs } from './back-off.ts'

test('pauses double up to 15 s and are spread over their upper half', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 1_000].map((attempt) => backOffMs(attempt, 1))).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000])
  expect(backOffMs(3, 0)).toBe(2_000)
})
