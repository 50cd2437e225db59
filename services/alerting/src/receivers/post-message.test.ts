import { expect, test } from '@jest/globals'
import { readRetryAfter } from './post-message.ts'

const atMs = Date.parse('2026-03-02T08:00:00Z')

test.each([
  ['120', 120_000],
  ['0', 0],
  ['Mon, 02 Mar 2026 08:01:00 GMT', 60_000],
  ['Mon, 02 Mar 2026 07:00:00 GMT', 0],
  ['soon', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['2026', 2_026_000],
  ['99999999999999', undefined],
])('Retry-After %j is a pause of %p ms', (value, expected) => {
  expect(readRetryAfter(value, atMs)).toBe(expected)
})
