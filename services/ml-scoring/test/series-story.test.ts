import { expect, test } from '@jest/globals'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { eventAssessed } from '@ott/contracts/event-assessed'
import { inboundTopicOf } from '@ott/contracts/topics'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import { TransientError } from '@ott/pipeline/errors'
import { compileRuleSet } from '@ott/regulations/compile-rule-set'
import { evaluate } from '@ott/regulations/evaluate'
import { loadPacks } from '@ott/regulations/load-packs'
import { followCounting } from '../src/series/counted-hours.ts'
import { addSeriesCounts } from '../src/series/series-count-store.ts'
import { startSeriesWatcher } from '../src/series/series-watcher.ts'
import { readWatchFigures } from '../src/series/series-watch-store.ts'
import { assessedInHour } from './assessed-fixture.ts'
import { until } from './registry-fixture.ts'
import { group, openScoringWorld } from './scoring-world.ts'
import { dueMs } from './series-watching.ts'

const firstHour = Math.floor(Date.parse('2026-01-05T00:00:00Z') / 3_600_000)
const quietHours = 4 * 168
const burst = firstHour + quietHours
const perHour = 20

test('many times as many failed sign-ins as usual, counted from the topic, become one event of the tenant and by the rules as they ship one finding', async () => {
  await using world = await openScoringWorld()
  const { bus, database } = world
  const inbound = inboundTopicOf('acme')
  await bus.createTopics([{ name: inbound, compacted: false, retentionMs: 3_600_000 }], 2)
  const random = seededRandom(5)
  const history = Array.from({ length: quietHours }, (_, hour) => ({ tenantId: 'acme', series: 'sign-in-failures:all', hour: firstHour + hour, count: Math.max(0, Math.round(perHour + Math.sqrt(perHour) * random.normal())) }))
  await database.transaction(['acme'], (sql) => addSeriesCounts(sql, history))
  await world.start({ subjectsMax: 1_000, snapshotIntervalMs: 100 })

  // Three hours in which 60 viewers fail three times each.
  const failed = { type: 'com.ott.signin.failed.v1', data: { attempts: 3 } }
  await world.publish(Array.from({ length: 3 * 60 }, (_, n) => assessedInHour(burst + Math.floor(n / 60), n % 60, failed)))
  const faults: unknown[] = []
  const counting = followCounting({ bus, entry: { group: 'stage.ingest', topicOf: inboundTopicOf }, passages: [{ group, topic: eventAssessed.topic }], onFault: (error) => faults.push(error) })
  const watcher = startSeriesWatcher({
    ...{ database, bus, tenants: () => ['acme'], forecastFor: () => undefined, latenessMs: 600_000, intervalMs: 20, leaseMs: 60_000, nowMs: () => dueMs(burst + 2) },
    counting,
    onFault: (error) => faults.push(error),
  })
  const told: unknown[] = []
  try {
    await until(async () => (await readWatchFigures(database, ['acme'])).every(({ judgedHour }) => judgedHour >= burst + 2), 60_000)
    await until(async () => (await bus.endOffsets(inbound)).some((end) => end > 0n), 60_000)
  } finally {
    await watcher.stop()
  }
  expect(faults.filter((fault) => !(fault instanceof TransientError))).toEqual([])
  const reading = await bus.subscribe({
    ...{ group: 'reader', topics: [inbound], concurrency: 1, pace: 'batch', from: 'earliest' },
    onFatal: () => undefined,
    onBatch: async ({ records }, control) => {
      for (const { value } of records) told.push(JSON.parse(String(value)))
      control.advance(records.at(-1)!.offset + 1n)
    },
  })
  const ends = (await bus.endOffsets(inbound)).reduce((sum, end) => sum + end, 0n)
  await until(() => told.length >= Number(ends), 30_000)
  await reading.stop()

  // The burst's own events make a series of all events, too; what has no past is judged by itself and isn't told.
  const rules = compileRuleSet(await loadPacks())
  const findings = told.flatMap((event) => {
    const checked = checkViewerEvent(event, dueMs(burst + 2))
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems))
    return evaluate(checked.value, rules)
  })
  expect(told).toMatchObject([{ type: 'com.ott.series.anomalous.v1', subject: 'sign-in-failures:all', data: { since: '2026-02-02T00:00:00.000Z', hours: 2, count: 180, direction: 'above', model: 'hour-of-week' } }])
  expect(findings).toMatchObject([{ rule: 'operations.series-anomaly', message: expect.stringContaining('sign-in-failures:all is above what is usual since 2026-02-02T00:00:00.000Z: 180 in the hour instead of') }])
}, 120_000)
