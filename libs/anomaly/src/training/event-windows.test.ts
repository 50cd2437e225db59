import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sequenceFeatureNames, sequenceFeatures, sequenceSteps } from '../event-sequence.ts'
import { collectEventWindows, eventWindowsFrom, eventWindowsToBytes, type WindowOptions } from './event-windows.ts'

const startMs = Date.parse('2026-03-02T00:00:00Z')
const hourMs = 3_600_000
const event = (subject: string, hours: number, findingsCount = 0) => ({
  type: 'com.ott.signin.failed.v1',
  subject,
  time: new Date(startMs + hours * hourMs).toISOString(),
  data: { attempts: 1 },
  findingsCount,
})
const options: WindowOptions = { windowsMax: 1_000, quietShareMax: 10, seed: 1, cases: new Map(), nowMs: startMs + 1_000 * hourMs }

function collected(events: readonly ReturnType<typeof event>[], parts: Partial<WindowOptions> = {}) {
  const windows = collectEventWindows({ ...options, ...parts })
  for (const each of events) windows.add(each)
  return windows.finish()
}

test('a window is labelled by whether a breach follows within a day, and never by its own', () => {
  const { labels, viewers, spanMs } = collected([event('a', 0, 1), event('a', 40), event('a', 80), event('a', 90, 1), event('a', 200), event('b', 0), event('b', 5)])
  // Of a, at hours 0 (its own breach alone), 40, 80 (followed by 90), 90; of b, at 0. Both of hour 0 are first, a before b.
  expect([...labels]).toEqual([0, 0, 0, 1, 0])
  expect([...viewers]).toEqual([0, 1, 0, 0, 0])
  expect(spanMs).toBe(90 * hourMs)
})

test('a window holds the last events of its viewer, the newest last, and those of nobody else', () => {
  const { values } = collected([event('a', 0), event('b', 1), event('a', 2), event('a', 30)])
  const signIn = sequenceFeatureNames.indexOf('signIn')
  const filled = (row: number) => Array.from({ length: sequenceSteps }, (_, step) => values[(row * sequenceSteps + step) * sequenceFeatures + signIn]!).filter((value) => value > 0).length
  expect([filled(0), filled(1)]).toEqual([1, 2])
})

test('what is not known yet is no window', () => {
  expect(collected([event('a', 0), event('a', 5)], { nowMs: startMs + 10 * hourMs }).labels).toHaveLength(0)
})

test('once people have decided enough cases, only these count', () => {
  const cases = new Map(Array.from({ length: 100 }, (_, n) => [`v-${n}`, [{ openedMs: startMs + 20 * hourMs, verdict: n % 2 === 0 ? ('confirmed' as const) : ('dismissed' as const) }]]))
  const events = Array.from({ length: 100 }, (_, n) => [event(`v-${n}`, 10), event(`v-${n}`, 20, 1), event(`v-${n}`, 21)]).flat()
  const { labels, viewers } = collected(events, { cases, quietShareMax: 1_000 })
  const byViewer = new Map<number, number[]>()
  for (const [row, viewer] of viewers.entries()) byViewer.set(viewer, [...(byViewer.get(viewer) ?? []), labels[row]!])
  expect([...byViewer.values()].filter((each) => each.includes(1))).toHaveLength(50)
})

test('no more windows than asked for, few quiet ones for each with trouble, and the same for the same seed', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 9 })), { maxLength: 150 })
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 5 }), (all, windowsMax, quietShareMax) => {
      const events = all.map(([viewer, hours, luck]) => event(`v-${viewer}`, hours, luck === 0 ? 1 : 0))
      const windows = collected(events, { windowsMax, quietShareMax })
      const troubled = windows.labels.filter((label) => label === 1).length
      expect(windows.labels.length).toBeLessThanOrEqual(windowsMax)
      expect(windows.labels.length - troubled).toBeLessThanOrEqual(Math.max(1, troubled) * quietShareMax)
      expect(collected(events, { windowsMax, quietShareMax })).toEqual(windows)
      expect(eventWindowsFrom(eventWindowsToBytes(windows))).toEqual(windows)
    }),
  )
})
