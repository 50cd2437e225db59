import { expect, test } from '@jest/globals'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { modelNames, newWatch, usualInHour, watchHour, type WatchState } from './watch-hour.ts'
import type { Anomaly } from './anomaly-course.ts'

const start = 493_000

/** Counts with a day in them. */
function daily(hours: number, mean: number, seed: number): number[] {
  const random = seededRandom(seed)
  return Array.from({ length: hours }, (_, hour) => {
    const usual = mean * (1 + 0.6 * Math.sin((2 * Math.PI * hour) / 24))
    return Math.max(0, Math.round(usual + Math.sqrt(usual) * random.normal()))
  })
}

function watched(counts: readonly number[], from: WatchState = newWatch(start - 1), first = start) {
  let state = from
  const opened: Anomaly[] = []
  for (const [index, count] of counts.entries()) {
    const step = watchHour(state, first + index, count)
    state = step.state
    if (step.opened !== undefined) opened.push(step.opened)
  }
  return { state, opened }
}

test('four quiet weeks open nothing, and three hours at ten times the usual open one anomaly by the hour of the week', () => {
  const quiet = watched(daily(672, 60, 1))
  expect(quiet.opened).toEqual([])
  const next = daily(24, 60, 2).map((count, hour) => (hour >= 8 && hour < 11 ? count * 10 : count))
  const { opened } = watched(next, quiet.state, start + 672)
  expect(opened).toHaveLength(1)
  expect(opened[0]).toMatchObject({ startHour: start + 680, lastHour: start + 681, peak: { direction: 'above', model: modelNames.seasonal } })
  expect(opened[0]!.peak.count).toBeGreaterThan(5 * opened[0]!.peak.expected)
})

test('a week in which nothing comes any more is one anomaly below', () => {
  const { opened } = watched([...daily(672, 60, 1), ...Array<number>(30).fill(0)])
  expect(opened.map(({ peak }) => peak.direction)).toEqual(['below'])
})

test('before a season is known, a burst is found by what the series itself has shown', () => {
  const quiet = watched(daily(200, 60, 3))
  expect(quiet.opened).toEqual([])
  const { opened } = watched([900, 900, 900], quiet.state, start + 200)
  expect(opened).toHaveLength(1)
  expect(opened[0]!.peak).toMatchObject({ direction: 'above', model: modelNames.young, count: 900 })
})

test('a young series with hardly an event tells nothing of a single one', () => {
  expect(watched([...Array<number>(150).fill(0), 1, 0, 0, 2, 0]).opened).toEqual([])
})

test('a state that was saved and read goes on as if it had not been', () => {
  const counts = daily(500, 30, 4)
  const whole = watched(counts)
  const half = watched(counts.slice(0, 250))
  const rest = watched(counts.slice(250), JSON.parse(JSON.stringify(half.state)) as WatchState, start + 250)
  expect(JSON.stringify(rest.state)).toBe(JSON.stringify(whole.state))
  expect(JSON.stringify(whole.state).length).toBeLessThan(32_000)
})

test('what is usual is told once it is known', () => {
  expect(usualInHour(watched(daily(30, 60, 5)).state, start + 30)).toBeNull()
  const usual = usualInHour(watched(daily(672, 60, 5)).state, start + 672 + 6)
  expect(usual).toBeGreaterThan(80)
  expect(usual).toBeLessThan(112)
})

test('a forecast moves what is expected, and is named', () => {
  const quiet = watched(daily(672, 60, 6)).state
  const counts = [300, 300]
  const without = watched(counts, quiet, start + 672).opened
  expect(without).toHaveLength(1)
  let state = quiet
  const opened: Anomaly[] = []
  for (const [index, count] of counts.entries()) {
    const step = watchHour(state, start + 672 + index, count, { shift: 25, spread: 0.9, model: 'lstm-v1' })
    state = step.state
    if (step.opened !== undefined) opened.push(step.opened)
  }
  expect(opened.filter(({ peak }) => peak.direction === 'above')).toEqual([])
  const first = watchHour(quiet, start + 672, 900, { shift: 1, spread: 0.9, model: 'lstm-v1' })
  expect(first.state.ongoing?.peak.model).toBe('lstm-v1')
})
