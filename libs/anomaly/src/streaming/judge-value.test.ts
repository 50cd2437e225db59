import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { emptySeries, judgeValue, seriesAlarmScore, seriesTraits, type SeriesJudgement, type SeriesState } from './judge-value.ts'
import { dailySeries, perDay, plainNoise, probation, startMs, stepMs } from './series-fixture.ts'
import { binsMax } from './tail-histogram.ts'

function judged(values: readonly number[], state: SeriesState = emptySeries, fromMs = startMs): SeriesJudgement[] {
  return values.map((value, row) => {
    const judgement = judgeValue(state, fromMs + row * stepMs, value)
    state = judgement.state
    return judgement
  })
}

const alarms = (judgements: readonly SeriesJudgement[]) => judgements.flatMap(({ score }, row) => (score >= seriesAlarmScore ? [row] : []))

/** Rows from the planted event's first to so many later that raise an alarm. */
const alarmsWithin = (values: readonly number[], from: number, rows: number) => alarms(judged(values)).filter((row) => row >= from && row < from + rows)

const seeds = [1, 2, 3, 4, 5]
const eventAt = 9 * perDay + 100

test.each(seeds)('a spike is told at once, by its time of day (seed %i)', (seed) => {
  const values = dailySeries(seed)
  values[eventAt]! += 60
  expect(alarmsWithin(values, eventAt, 1)).toEqual([eventAt])
  const { parts } = judged(values)[eventAt]!
  expect(parts.timeOfDay).toBeGreaterThan(parts.level + parts.calm)
})

test.each(seeds)('a level that shifts is told within an hour, once and not for every value after it (seed %i)', (seed) => {
  const values = plainNoise(seed).map((value, row) => (row < eventAt ? value : value + 40))
  expect(alarmsWithin(values, eventAt, 12).length).toBeGreaterThanOrEqual(1)
  expect(alarmsWithin(values, eventAt, 100).length).toBeLessThanOrEqual(6)
})

test.each(seeds)('a shift of two standard deviations, within what single values reach, is told within two hours, and then is laid to the level (seed %i)', (seed) => {
  const judgements = judged(plainNoise(seed).map((value, row) => (row < eventAt ? value : value + 20)))
  expect(alarms(judgements).filter((row) => row >= eventAt && row < eventAt + 24).length).toBeGreaterThanOrEqual(1)
  const { parts, score } = judgements[eventAt + 12]!
  expect(parts.level).toBeGreaterThan(score / 2)
})

test.each(seeds)('a series stuck at a usual value is told within six hours, as too calm (seed %i)', (seed) => {
  const values = plainNoise(seed).map((value, row) => (row < eventAt ? value : 103))
  const [first] = alarmsWithin(values, eventAt, 72)
  expect(first).toBeDefined()
  const { parts } = judged(values)[first!]!
  expect(parts.calm).toBeGreaterThan(parts.timeOfDay + parts.level)
})

test('plain noise, with a daily course and without, raises at most two alarms a thousand values once three days were seen', () => {
  for (const series of [plainNoise, dailySeries]) {
    const counts = seeds.map((seed) => alarms(judged(series(seed))).filter((row) => row >= probation).length)
    const values = seeds.length * 11 * perDay
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual((2 * values) / 1_000)
  }
})

test('a constant series raises none, and neither does a course that repeats exactly', () => {
  const square = Array.from({ length: 14 * perDay }, (_, row) => (row % perDay < 100 ? 20 : 80))
  expect(alarms(judged(new Array<number>(3_000).fill(0)))).toEqual([])
  expect(alarms(judged(square)).filter((row) => row >= probation)).toEqual([])
})

test('the scale of a series makes no difference to what is told of an event', () => {
  for (const scale of [1e-6, 1, 1e9]) {
    const values = dailySeries(1).map((value) => value * scale)
    values[eventAt]! += 60 * scale
    expect(judged(values)[eventAt]!.score).toBeGreaterThanOrEqual(seriesAlarmScore)
  }
})

const anyValue = fc.oneof(fc.double({ min: -1e100, max: 1e100, noNaN: true }), fc.double({ min: -5, max: 5, noNaN: true }), fc.constant(0))
const anySteps = fc.array(fc.tuple(fc.integer({ min: -3_600_000, max: 7_200_000 }), anyValue), { maxLength: 300 })

test('whatever comes, the score lies in [0, 1) and its parts are not negative and sum to it', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      let state = emptySeries
      let atMs = startMs
      for (const [stepMs, value] of steps) {
        atMs += stepMs
        const { state: next, score, parts } = judgeValue(state, atMs, value)
        state = next
        expect(score).toBeGreaterThanOrEqual(0)
        expect(score).toBeLessThan(1)
        expect(Math.min(...Object.values(parts))).toBeGreaterThanOrEqual(0)
        expect(seriesTraits.reduce((sum, trait) => sum + parts[trait], 0)).toBeCloseTo(score, 12)
      }
    }),
  )
})

test('memory is bounded, whatever comes: saved, a series is below 16 KB', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(anyValue, { minLength: 1, maxLength: 50 }), (seed, wild) => {
      const values = plainNoise(seed).map((value, row) => (row % 2 === 0 ? value * 10 ** ((row % 195) - 97) : wild[row % wild.length]!))
      const { state } = judged(values.slice(0, 3_000)).at(-1)!
      for (const trait of seriesTraits) expect(state.tails[trait].bins.length).toBeLessThanOrEqual(binsMax)
      expect(state.recent.length).toBeLessThanOrEqual(49)
      expect(JSON.stringify(state).length).toBeLessThan(16_384)
    }),
    { numRuns: 20 },
  )
})

test('state that went through JSON goes on as if nothing had been: the same scores, digit for digit', () => {
  const values = dailySeries(6)
  const whole = judged(values)
  for (const cut of [5, 700, 2_000]) {
    const saved = JSON.parse(JSON.stringify(whole[cut - 1]!.state)) as SeriesState
    const resumed = judged(values.slice(cut), saved, startMs + cut * stepMs)
    expect(resumed.map(({ score }) => score)).toEqual(whole.slice(cut).map(({ score }) => score))
  }
})

test('judging changes nothing it was given, so that the same state and value give the same bytes', () => {
  const { state } = judged(dailySeries(7).slice(0, 1_000)).at(-1)!
  const before = JSON.stringify(state)
  const again = () => JSON.stringify(judgeValue(state, startMs + 1_000 * stepMs, 400))
  expect(again()).toBe(again())
  expect(JSON.stringify(state)).toBe(before)
})

test('what is no time and no number within range is refused by name', () => {
  expect(() => judgeValue(emptySeries, NaN, 1)).toThrow('atMs: NaN is no whole number of milliseconds')
  expect(() => judgeValue(emptySeries, 0.5, 1)).toThrow('atMs')
  for (const value of [NaN, Infinity, -Infinity, 2e100]) expect(() => judgeValue(emptySeries, 0, value)).toThrow(`value: ${value}`)
})
