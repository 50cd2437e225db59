import { expect, test } from '@jest/globals'
import { createRateCounter, rateOf, spansOf } from './rate-counter.ts'

const eventsAt = (counter: ReturnType<typeof createRateCounter>, nowMs: number) => counter.series(nowMs).map(({ events }) => events)

test('each full second tells its events, and the one that still runs is left out', () => {
  const counter = createRateCounter(3)
  counter.setWatching(0, true)
  for (const atMs of [1_000, 1_999, 2_000, 4_000]) counter.add(atMs)
  expect(eventsAt(counter, 4_500)).toEqual([2, 1, 0])
  expect(eventsAt(counter, 5_000)).toEqual([1, 0, 1])
})

test('what is older than the window is forgotten, however long nothing came', () => {
  const counter = createRateCounter(3)
  counter.setWatching(0, true)
  counter.add(1_000)
  expect(eventsAt(counter, 1_000_000)).toEqual([0, 0, 0])
})

test('seconds in which nobody looked are unknown rather than empty', () => {
  const counter = createRateCounter(6)
  counter.setWatching(1_500, true)
  counter.add(2_000)
  counter.setWatching(3_500, false)
  counter.setWatching(4_500, true)
  counter.add(5_000)
  expect(eventsAt(counter, 6_000)).toEqual([null, null, 1, null, null, 1])
})

test('the rate is the mean of the seconds that were seen', () => {
  const series = [9, null, 4, 8].map((events, second) => ({ atMs: second * 1_000, events }))
  expect(rateOf(series, 3)).toBe(6)
  expect(rateOf([{ atMs: 0, events: null }], 5)).toBeUndefined()
  expect(spansOf(series, 2)).toEqual([
    { atMs: 0, rate: 9 },
    { atMs: 2_000, rate: 6 },
  ])
})

test('a hundred thousand events in a second are counted without growing', () => {
  const counter = createRateCounter(5)
  counter.setWatching(0, true)
  for (let event = 0; event < 100_000; event++) counter.add(3_000)
  expect(eventsAt(counter, 4_000)).toEqual([null, null, 0, 0, 100_000])
})
