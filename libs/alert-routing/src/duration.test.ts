import { expect, test } from '@jest/globals'
import { parseDuration } from './duration.ts'

test.each([['0', 0], ['5m', 300_000], ['1h30m', 5_400_000], ['1y2w3d4h5m6s7ms', 33019506007], ['90s', 90_000]])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each(['', '5', '1.5h', '-1m', '5 m', '30m1h', '1h1h', '1000y', 'm', '5M'])("'%s' isn't a duration", (text) => {
  expect(parseDuration(text)).toBeUndefined()
})
