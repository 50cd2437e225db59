import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { observationOf } from '../observation.ts'
import { observe, windowedFactorsOf, type RiskProfile } from '../risk-profile.ts'
import { collectViewerHours, type CollectingOptions } from './viewer-hours.ts'

const hourMs = 3_600_000
const startMs = Date.parse('2026-03-02T00:00:00Z')
const failure = (subject: string, minutes: number, attempts = 1) => ({
  type: 'com.ott.signin.failed.v1',
  subject,
  time: new Date(startMs + minutes * 60_000).toISOString(),
  data: { attempts },
  findingsCount: 0,
})
const options: CollectingOptions = { rowsMax: 1_000, viewersMax: 1_000, seed: 1, labels: [] }

function collected(events: readonly ReturnType<typeof failure>[], parts: Partial<CollectingOptions> = {}) {
  const hours = collectViewerHours({ ...options, ...parts })
  for (const event of events) hours.add(event)
  return hours.finish()
}

test('a row is what the stage knew of a viewer when an active hour ended', () => {
  const events = [failure('a', 5), failure('a', 20), failure('a', 200, 7)]
  let profile: RiskProfile | undefined
  const expected: number[] = []
  for (const [index, { type, time, data }] of events.entries()) {
    profile = observe(profile, observationOf({ type, data }, 0), Date.parse(time))
    if (index > 0) expected.push(...windowedFactorsOf(profile, profile.clockMs))
  }
  const { rows, timesMs, labels } = collected(events)
  expect([...rows.values]).toEqual(expected)
  expect([...timesMs]).toEqual([startMs + 20 * 60_000, startMs + 200 * 60_000])
  expect([...labels]).toEqual([-1, -1])
})

test('an hour weighs the same whether it held one event or a flood', () => {
  const flood = Array.from({ length: 500 }, (_, n) => failure('a', n / 10))
  expect(collected([...flood, failure('b', 30)]).rows.rowCount).toBe(2)
})

test('labels are joined by viewer and hour, and labelled rows are kept whatever the bounds are', () => {
  const events = Array.from({ length: 300 }, (_, n) => failure(`v-${n}`, (n * 60) % (5 * 24 * 60)))
  const at = (minutes: number) => startMs + minutes * 60_000 + 59_000
  const labels = [
    { subject: 'v-3', atMs: at(180), isAnomaly: true },
    { subject: 'v-4', atMs: at(240), isAnomaly: false },
    { subject: 'v-5', atMs: at(300) + hourMs, isAnomaly: true },
  ]
  const result = collected(events, { labels, rowsMax: 20, viewersMax: 10 })
  expect([...result.labels].filter((label) => label === 1)).toHaveLength(1)
  expect([...result.labels].filter((label) => label === 0)).toHaveLength(1)
  expect([...result.labels].filter((label) => label === -1).length).toBeLessThanOrEqual(20)
  expect(result.timesMs[result.labels.indexOf(1)]).toBe(startMs + 180 * 60_000)
})

test('never more rows than asked for, in the order of time, and the same for the same seed', () => {
  const events = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 3_000 })), { maxLength: 120 })
  fc.assert(
    fc.property(events, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 10 }), (steps, rowsMax, viewersMax) => {
      const given = steps.map(([viewer, minutes]) => failure(`v-${viewer}`, minutes))
      const result = collected(given, { rowsMax, viewersMax })
      expect(result.rows.rowCount).toBeLessThanOrEqual(rowsMax)
      expect([...result.timesMs]).toEqual([...result.timesMs].sort((a, b) => a - b))
      expect(collected(given, { rowsMax, viewersMax })).toEqual(result)
    }),
  )
})

test('of many viewers a share is followed from the first to the last', () => {
  const hours = collectViewerHours({ ...options, viewersMax: 100 })
  for (let round = 0; round < 3; round += 1) for (let viewer = 0; viewer < 1_000; viewer += 1) hours.add(failure(`viewer-${viewer}`, round * 120))
  const { rows } = hours.finish()
  // A halving leaves between 50 and 100 of them, less a little chance; each was active in three hours.
  expect(rows.rowCount).toBeGreaterThan(3 * 30)
  expect(rows.rowCount).toBeLessThanOrEqual(3 * 100 + 200)
})
