import { expect, test } from '@jest/globals'
import { nabScore, nabScoreAcrossGroups, probationRows, scaledSigmoid, standardProfile, type ScoredSeries } from './nab-score.ts'

/** A hundred rows, the window on rows 50 to 59; the rows named score what they are given, the others 0. */
function aSeries(scores: Readonly<Record<number, number>>, { name = 'one', windows = [[50, 59]] as [number, number][] } = {}): ScoredSeries {
  const rows = Array.from({ length: 100 }, (_, row) => row)
  return { name, timesMs: rows, windows, scores: rows.map((row) => scores[row] ?? 0) }
}

const scoreOf = (scores: Readonly<Record<number, number>>) => nabScore([aSeries(scores)]).score

test('the sigmoid is that of the paper: nearly 1 where a window starts, 0 where it ends, −1 far behind it', () => {
  expect([-1, -0.5, 0, 1].map((position) => Number(scaledSigmoid(position).toFixed(5)))).toEqual([0.98661, 0.84828, 0, -0.98661])
  expect(scaledSigmoid(3.01)).toBe(-1)
})

test('to find each window at its first row and say nothing else scores 100, and to say nothing 0', () => {
  expect(scoreOf({ 50: 0.9 })).toBeCloseTo(100, 10)
  expect(scoreOf({})).toBe(0)
})

test('a later detection earns less: at the last of ten rows (2 / (1 + e^−0.5) − 1) / 0.98661 of the first', () => {
  expect(scoreOf({ 59: 0.9 })).toBeCloseTo((100 * (1 + 0.244919 / 0.986614)) / 2, 3)
})

test('in a window only the earliest detection counts', () => {
  expect(scoreOf({ 52: 0.9, 55: 0.9, 58: 0.9 })).toBeCloseTo(scoreOf({ 52: 0.9 }), 12)
})

test('a false detection before any window costs the full weight, 0.11, and one shortly after a window less', () => {
  expect(scoreOf({ 30: 0.9, 50: 0.9 })).toBeCloseTo((100 * (2 - 0.11)) / 2, 10)
  // Three rows behind a window of ten is a third of it: 2 / (1 + e^(5/3)) − 1 = −0.68226.
  expect(scoreOf({ 50: 0.9, 62: 0.9 })).toBeCloseTo((100 * (2 - 0.11 * 0.68226)) / 2, 2)
})

test('the first 15 % of the rows, 750 at most, are for learning: what is said there costs nothing', () => {
  expect(scoreOf({ 14: 0.9, 50: 0.9 })).toBeCloseTo(100, 10)
  expect(scoreOf({ 15: 0.9, 50: 0.9 })).toBeCloseTo(94.5, 10)
  expect([100, 4_999, 20_000].map(probationRows)).toEqual([15, 749, 750])
})

test('one threshold serves all series, and is the one that scores best: tied scores are detections together', () => {
  const corpus = [aSeries({ 50: 0.6, 20: 0.5 }), aSeries({ 50: 0.8, 20: 0.7, 21: 0.7 }, { name: 'two' })]
  expect(nabScore(corpus)).toMatchObject({ threshold: 0.6, windowsFound: 2, windows: 2, falseRows: 2 })
  expect(nabScore(corpus).score).toBeCloseTo((100 * (4 - 0.22)) / 4, 10)
  expect(nabScore(corpus, standardProfile, 0.75)).toMatchObject({ windowsFound: 1, falseRows: 0 })
})

test('a detector whose every threshold does more harm than good is silent', () => {
  const noise = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [index < 35 ? index + 15 : index + 25, 0.9]))
  expect(nabScore([aSeries({ ...noise, 59: 0.2 })])).toMatchObject({ score: 0, threshold: 1.1, windowsFound: 0 })
})

test('across groups no group has a say in its own threshold', () => {
  const [low, high] = [[aSeries({ 50: 0.3 })], [aSeries({ 50: 0.9, 30: 0.5 }, { name: 'two' })]]
  // The first is missed at 0.9; the second is found at 0.3 with one false row.
  expect(nabScoreAcrossGroups([low, high])).toBeCloseTo((100 * (2 - 0.11)) / 4, 10)
  expect(nabScore([...low, ...high]).score).toBeGreaterThan(90)
})

test('a window that names no rows and scores that are too few are refused by name', () => {
  expect(() => nabScore([aSeries({}, { windows: [[50, 59.5]] })])).toThrow("one: a window's start or end is no time of the series")
  expect(() => nabScore([{ ...aSeries({}), scores: [1] }])).toThrow('one: 1 scores for 100 rows')
})
