import { expect, test } from '@jest/globals'
import { plainHourOfWeekScores } from './plain-hour-of-week.ts'

const counts = Array.from({ length: 6 * 168 }, (_, hour) => 50 + (hour % 24) + ((hour * 7) % 11))

test('an hour far from its median scores highest, and nothing after it changes for it', () => {
  const plain = plainHourOfWeekScores(counts, 4 * 168)
  const changed = plainHourOfWeekScores(counts.with(900, 400), 4 * 168)
  expect(changed.indexOf(Math.max(...changed))).toBeGreaterThanOrEqual(899)
  expect(changed.indexOf(Math.max(...changed))).toBeLessThanOrEqual(901)
  expect(changed.slice(902)).toEqual(plain.slice(902))
})

test('the hours after the training hours teach nothing', () => {
  const other = counts.map((count, hour) => (hour < 800 ? count : 0))
  expect(plainHourOfWeekScores(other, 4 * 168).slice(0, 798)).toEqual(plainHourOfWeekScores(counts, 4 * 168).slice(0, 798))
})
