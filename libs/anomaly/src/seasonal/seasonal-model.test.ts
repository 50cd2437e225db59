import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { eventsIn } from './event-extraction.ts'
import { eventFigures } from './event-metrics.ts'
import { judgeSeries } from './judge-series.ts'
import { madeWorld } from './seasonal-fixture.ts'
import { judgeHour, settleHours, unsettledVerdicts, youngSeries, type SeasonalState } from './seasonal-model.ts'

const hours = 2_016
const trainHours = 1_008
/** A Monday, in hours since 1970. */
const start = 490_992
const world = madeWorld({ seed: 31, seriesCount: 6, hours, trainHours })
const quiet = world[0]!.counts.slice(0, trainHours)
const stateAfter = (counts: readonly number[], state: SeasonalState = youngSeries(start - 1)) =>
  counts.reduce((before, count) => judgeHour(before, before.hour + 1, count).state, state)

test('of series with five kinds of events nearly all hours are judged rightly, and hardly an event is made up', () => {
  const judged = world.map(({ counts, events }) => ({
    scores: judgeSeries(counts, start).settled.slice(trainHours),
    events: events.map((event) => ({ start: event.start - trainHours, end: event.end - trainHours })),
  }))
  const { pointAccuracy, auc, eventF1, falseEventsPerSeriesWeek } = eventFigures(judged, 0)
  expect(pointAccuracy).toBeGreaterThan(0.985)
  expect(auc).toBeGreaterThan(0.985)
  expect(eventF1).toBeGreaterThan(0.95)
  expect(falseEventsPerSeriesWeek).toBeLessThan(0.1)
})

test('going on from saved JSON gives the same as never having stopped', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), (stop) => {
      const counts = quiet.slice(0, 620)
      const resumed = JSON.parse(JSON.stringify(stateAfter(counts.slice(0, stop)))) as SeasonalState
      expect(stateAfter(counts.slice(stop), resumed)).toEqual(stateAfter(counts))
    }),
    { numRuns: 4 },
  )
})

test('judging leaves the state it was given as it was', () => {
  const state = stateAfter(quiet)
  const before = JSON.stringify(state)
  judgeHour(state, state.hour + 1, 1e6)
  expect(JSON.stringify(state)).toBe(before)
})

test('a state stays below 24 KB however long it runs and whatever is counted', () => {
  const state = stateAfter(Array.from({ length: 3_000 }, (_, hour) => 1e9 + 137 * ((hour * 7_919) % 1_000)))
  expect(JSON.stringify(state).length).toBeLessThan(24_576)
})

test('nothing is judged in the first two weeks, and everything after them', () => {
  const { immediate, residuals } = judgeSeries(quiet, start)
  expect(immediate.slice(0, 336).every(Number.isNaN)).toBe(true)
  expect(immediate.slice(336).some(Number.isNaN)).toBe(false)
  expect(residuals.slice(336).some(Number.isNaN)).toBe(false)
})

test('each hour is settled once, so many hours later, and the last ones on request', () => {
  const settled: number[] = []
  let state = stateAfter(quiet)
  const first = state.hour + 1 - settleHours
  for (let hour = 0; hour < 10; hour += 1) {
    const judgement = judgeHour(state, state.hour + 1, quiet[hour]!)
    state = judgement.state
    settled.push(judgement.settled!.hour)
  }
  settled.push(...unsettledVerdicts(state).map(({ hour }) => hour))
  expect(settled).toEqual(Array.from({ length: 10 + settleHours }, (_, index) => first + index))
})

test('a level raised for a day is an event up to its end: it is not learned while it lasts', () => {
  const day = quiet.slice(trainHours - 168, trainHours - 144).map((count) => Math.round(1.8 * count))
  const { settled } = judgeSeries([...quiet, ...day, ...quiet.slice(trainHours - 144)], start)
  const [event] = eventsIn(settled.slice(trainHours), 0)
  expect(event).toBeDefined()
  expect(event!.start).toBeLessThanOrEqual(2)
  expect(Math.abs(event!.end - 24)).toBeLessThanOrEqual(2)
})

test('what the last day held moves the level only after that day', () => {
  const state = stateAfter(quiet)
  const day = quiet.slice(trainHours - 168, trainHours - 144)
  const raised = stateAfter(day.map((count) => 3 * count + 10), state)
  expect(raised.level).toBe(stateAfter(day, state).level)
  expect(stateAfter(day.slice(0, 12), raised).level).toBeGreaterThan(raised.level)
})

test('a series that has moved by 15 % for good is followed within three weeks, sooner than its weeks would tell', () => {
  const shape = (hour: number) => 100 * (1 + 0.5 * Math.sin((2 * Math.PI * hour) / 24))
  const moved = Array.from({ length: 11 * 168 }, (_, hour) => Math.round(shape(hour) * (hour < 8 * 168 ? 1 : 1.15)))
  const { residuals } = judgeSeries(moved, start)
  const mean = (from: number, to: number) => residuals.slice(from, to).reduce((sum, residual) => sum + residual, 0) / (to - from)
  expect(mean(8 * 168, 8 * 168 + 24)).toBeGreaterThan(1)
  expect(mean(10 * 168 + 84, 11 * 168)).toBeLessThan(0.3)
})

test('a wild count is forgiven: a week later the hour is expected as if it had not been', () => {
  const week = quiet.slice(-168)
  const next = (count: number) => {
    const after = stateAfter([count, ...week.slice(1)], stateAfter(quiet))
    return judgeHour(after, after.hour + 1, week[0]!).expectedCount
  }
  const spread = 3 * Math.sqrt(week[0]! + 1)
  expect(Math.abs(next(1e6) - next(week[0]!))).toBeLessThan(spread)
})

test.each([0, 0.3, 1.8, 4, 20])('a level that is %d times what it was for good is an event for a week at most, and never again', (factor) => {
  const week = quiet.slice(504, 672)
  const moved = Array.from({ length: 12 }, () => week.map((count) => Math.round(factor * count))).flat()
  const { settled } = judgeSeries([...quiet, ...moved], start)
  const flagged = (fromWeek: number, toWeek: number) => settled.slice(trainHours + fromWeek * 168, trainHours + toWeek * 168).filter((logOdds) => logOdds >= 0).length
  expect(flagged(0, 1)).toBeGreaterThan(100)
  expect(flagged(2, 12)).toBeLessThan(12)
})

test('days that begin an hour earlier for good, as in summer, are usual within six weeks', () => {
  const shape = (hour: number) => Math.round(100 * Math.exp(0.8 * Math.sin((2 * Math.PI * hour) / 24)))
  const counts = Array.from({ length: 14 * 168 }, (_, hour) => shape(hour < 6 * 168 ? hour : hour + 1))
  expect(eventsIn(judgeSeries(counts, start).settled.slice(12 * 168), 0)).toEqual([])
})

test('growth of 1.5 % a week is followed: after half a year it is no event', () => {
  const grown = Array.from({ length: 26 * 168 }, (_, hour) => Math.round(100 * (1 + 0.5 * Math.sin((2 * Math.PI * hour) / 24)) * 1.015 ** (hour / 168)))
  expect(eventsIn(judgeSeries(grown, start).settled, 0)).toEqual([])
})

test('a series in which nothing ever happened tells a dozen events as one', () => {
  const silent = stateAfter(Array<number>(trainHours).fill(0))
  expect(judgeHour(silent, silent.hour + 1, 12).verdict!.logOdds).toBeGreaterThan(0)
  expect(judgeHour(silent, silent.hour + 1, 0).verdict!.logOdds).toBeLessThan(-3)
})

test('a forecast moves what is expected, and leaves alone what is learned of the hour of the week', () => {
  const state = stateAfter(quiet)
  const plain = judgeHour(state, state.hour + 1, quiet[0]!)
  const shifted = judgeHour(state, state.hour + 1, quiet[0]!, { shift: 2, spread: 0.9 })
  expect(shifted.expectedCount).toBeGreaterThan(plain.expectedCount)
  expect(shifted.residual).toBe(plain.residual)
  expect(shifted.state.history).toEqual(plain.state.history)
  expect(shifted.state.level).toBe(plain.state.level)
})

test('after hours left out the belief starts anew, and what is usual is still known', () => {
  const during = stateAfter([...quiet, 5_000, 5_000])
  expect(during.belief.high).toBeGreaterThan(0.9)
  const { verdict, expectedCount } = judgeHour(during, during.hour + 167, quiet[1]!)
  expect(verdict!.logOdds).toBeLessThan(0)
  expect(expectedCount).toBeGreaterThan(0)
})

test('an hour that is over, and what is no count, are refused', () => {
  const state = stateAfter(quiet)
  expect(() => judgeHour(state, state.hour, 1)).toThrow(RangeError)
  for (const count of [-1, NaN, Infinity]) expect(() => judgeHour(state, state.hour + 1, count)).toThrow(RangeError)
})
