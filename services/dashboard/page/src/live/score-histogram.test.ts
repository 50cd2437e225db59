import { expect, test } from '@jest/globals'
import { binLabel, createScoreHistogram, isAtOrAbove } from './score-histogram.ts'

test('each score is in its tenth, the bounds in the one above, 1 in the last', () => {
  const histogram = createScoreHistogram(100)
  for (const score of [0, 0.05, 0.1, 0.3, 0.6999, 0.7, 1]) histogram.add(score)
  expect(histogram.counts()).toEqual([2, 1, 0, 1, 0, 0, 1, 1, 0, 1])
})

test('only the latest scores count, as many as it was made for', () => {
  const histogram = createScoreHistogram(3)
  for (const score of [0.05, 0.15, 0.25, 0.35, 0.45]) histogram.add(score)
  expect(histogram.counts()).toEqual([0, 0, 1, 1, 1, 0, 0, 0, 0, 0])
})

test('what is at or above a bound is told from what only reaches it', () => {
  expect([6, 7, 8].map((bin) => isAtOrAbove(bin, 0.7))).toEqual([false, true, true])
  expect(isAtOrAbove(7, 0.75)).toBe(false)
  expect(binLabel(7)).toBe('0.7–0.8')
})
