import { expect, test } from '@jest/globals'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { inboundTopicOf } from '@ott/contracts/topics'
import { eventAssessed } from '@ott/contracts/event-assessed'
import { TransientError } from '@ott/pipeline/errors'
import type { OutboundRecord } from '@ott/pipeline/record'
import { followCounting } from '../src/series/counted-hours.ts'
import { addSeriesCounts, readSeriesCounts } from '../src/series/series-count-store.ts'
import { startSeriesWatcher } from '../src/series/series-watcher.ts'
import { readWatchFigures } from '../src/series/series-watch-store.ts'
import { assessedInHour } from './assessed-fixture.ts'
import { until } from './registry-fixture.ts'
import { group, openScoringWorld } from './scoring-world.ts'
import { dueMs, eventOf, watchUntil } from './series-watching.ts'

const firstHour = Math.floor(Date.parse('2026-01-05T00:00:00Z') / 3_600_000)
const quietHours = 4 * 168
const lastQuiet = firstHour + quietHours - 1
const lastHour = lastQuiet + 4
const perHour = 30

const started = { type: 'com.ott.playback.started.v1', data: { contentId: 'm' } }

test('while the stage lags, an hour whose events wait is not taken for empty; once they are counted, it is judged as the usual one it is', async () => {
  await using world = await openScoringWorld()
  const { database, bus } = world
  await bus.createTopics([{ name: inboundTopicOf('acme'), compacted: false, retentionMs: 3_600_000 }], 2)
  const random = seededRandom(3)
  for (const tenantId of ['acme', 'globex']) {
    const deltas = Array.from({ length: quietHours }, (_, hour) => ({ tenantId, series: 'events:all', hour: firstHour + hour, count: Math.max(0, Math.round(perHour + Math.sqrt(perHour) * random.normal())) }))
    await database.transaction([tenantId], (sql) => addSeriesCounts(sql, deltas))
  }
  // That it would be told, were it judged: nothing comes for the other tenant.
  const { told: wouldBeTold } = await watchUntil(database, lastHour, {}, ['globex'])
  expect(wouldBeTold.map((record) => eventOf(record).data['direction'])).toEqual(['below'])

  let hour = lastQuiet
  let turns = 0
  const told: OutboundRecord[] = []
  const faults: unknown[] = []
  const counting = followCounting({ bus, entry: { group: 'stage.ingest', topicOf: inboundTopicOf }, passages: [{ group, topic: eventAssessed.topic }], onFault: (error) => faults.push(error) })
  const watcher = startSeriesWatcher({
    ...{ database, tenants: () => ['acme'], forecastFor: () => undefined, latenessMs: 600_000, intervalMs: 5, leaseMs: 60_000, nowMs: () => dueMs(hour) },
    counting,
    bus: { publish: async (records) => void told.push(...records) },
    onFigures: () => void (turns += 1),
    onFault: (error) => faults.push(error),
  })
  const judged = async () => (await readWatchFigures(database, ['acme']))[0]?.judgedHour
  try {
    await until(async () => (await judged()) === lastQuiet, 60_000)
    await world.publish(Array.from({ length: 4 * perHour }, (_, n) => assessedInHour(lastQuiet + 1 + Math.floor(n / perHour), n % perHour, started)))
    hour = lastHour
    const before = turns
    await until(() => turns > before + 5, 60_000)
    expect(await judged()).toBe(lastQuiet)

    const stage = await world.start({ subjectsMax: 1_000, snapshotIntervalMs: 100 })
    await until(async () => (await judged()) === lastHour, 60_000)
    await stage.stop()
  } finally {
    await watcher.stop()
  }
  // That the broker looks for a group's coordinator is no fault of the watcher's: it looks again in the next turn.
  expect(faults.filter((fault) => !(fault instanceof TransientError))).toEqual([])
  const counts = await database.transaction(['acme'], (sql) => readSeriesCounts(sql, 'acme', ['events:all'], lastQuiet + 1, lastHour + 1))
  expect([...counts.get('events:all')!.values()]).toEqual([perHour, perHour, perHour, perHour])
  expect(told).toEqual([])
}, 120_000)
