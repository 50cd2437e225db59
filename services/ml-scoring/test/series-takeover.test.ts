import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { seededRandom } from '@ott/anomaly/seeded-random'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { Database } from '@ott/postgres/database'
import { addSeriesCounts } from '../src/series/series-count-store.ts'
import { startSeriesWatcher } from '../src/series/series-watcher.ts'
import { readWatchFigures } from '../src/series/series-watch-store.ts'
import { until } from './registry-fixture.ts'
import { scoringDatabase, type ScoringDatabase } from './scoring-database.ts'
import { allCounted, anomaliesIn, dueMs, eventOf, statesIn, watchUntil } from './series-watching.ts'

let place: ScoringDatabase
let admin: ScoringDatabase['admin']
let database: ScoringDatabase['database']
beforeAll(async () => {
  place = await scoringDatabase()
  ;({ admin, database } = place)
})
afterAll(async () => {
  await place?.[Symbol.asyncDispose]()
})
beforeEach(() => admin.query('truncate ml_scoring.series_counts, ml_scoring.series_states, ml_scoring.series_anomalies, ml_scoring.leaders'))

const tenants = ['acme', 'globex']
const firstHour = Math.floor(Date.parse('2026-01-05T00:00:00Z') / 3_600_000)
const hours = 4 * 168 + 12
const lastHour = firstHour + hours - 1

/** Four quiet weeks of two tenants, each with a burst of three hours after them. */
async function addCounts(): Promise<void> {
  for (const [n, tenantId] of tenants.entries()) {
    const random = seededRandom(n + 1)
    const deltas = Array.from({ length: hours }, (_, hour) => {
      const usual = (hour >= hours - 9 && hour < hours - 6 ? 10 : 1) * 30
      return { tenantId, series: 'events:all', hour: firstHour + hour, count: Math.max(0, Math.round(usual + Math.sqrt(usual) * random.normal())) }
    })
    await database.transaction([tenantId], (sql) => addSeriesCounts(sql, deltas))
  }
}

/** A process that dies at its nth effect, a transaction about tenants or a publication: before it, or after it without hearing of it. What is dead reaches nothing any more. */
function aMortal(nth: number, when: 'before' | 'after', told: OutboundRecord[]) {
  const life = { effects: 0, isDead: false, publishedLast: false }
  const effect = async <Value>(work: () => Promise<Value>, isPublication = false): Promise<Value> => {
    if (life.isDead) throw new Error('dead')
    const isLast = ++life.effects === nth
    if (isLast && when === 'before') life.isDead = true
    if (life.isDead) throw new Error('dead')
    const value = await work()
    if (isLast) Object.assign(life, { isDead: true, publishedLast: isPublication })
    if (life.isDead) throw new Error('dead')
    return value
  }
  const mortal: Database = {
    ...database,
    async transaction(names, work) {
      if (names.length > 0) return await effect(() => database.transaction(names, work))
      // The lead is renewed when it is time, beside the work: not counted, so that places are the same in every run.
      if (life.isDead) throw new Error('dead')
      return await database.transaction(names, work)
    },
  }
  return { life, database: mortal, bus: { publish: (records: readonly OutboundRecord[]) => effect(async () => void told.push(...records), true) } }
}

const common = { tenants: () => tenants, forecastFor: () => undefined, counting: allCounted, latenessMs: 600_000, intervalMs: 5, nowMs: () => dueMs(lastHour) }

/** Two in the first turn, and all of the third one, in which both bursts are found. */
const places = [2, 4, ...Array.from({ length: 12 }, (_, n) => 22 + n)]
const deaths = (['before', 'after'] as const).flatMap((when) => places.map((nth) => [when, nth] as const))

test('whenever a leader dies without giving the lead back, another judges on to the same, and each anomaly is told once: what is repeated is so byte for byte', async () => {
  await addCounts()
  const undisturbed = await watchUntil(database, lastHour)
  expect(undisturbed.told).toHaveLength(2)
  const expected = { states: await statesIn(admin), anomalies: await anomaliesIn(admin), ids: undisturbed.told.map((record) => eventOf(record).id).sort() }
  let repeated = 0
  for (const [when, nth] of deaths) {
    await admin.query('truncate ml_scoring.series_anomalies, ml_scoring.leaders')
    await admin.query('update ml_scoring.series_states set state = null, judged_hour = first_hour')
    const told: OutboundRecord[] = []
    const mortal = aMortal(nth, when, told)
    const first = startSeriesWatcher({ ...common, ...mortal, leaseMs: 200, onFault: () => undefined })
    await until(() => mortal.life.isDead, 30_000)
    await first.stop()
    const [lead] = await admin.query<{ holder: string }>('select holder from ml_scoring.leaders')
    expect(lead).toBeDefined()

    const second = startSeriesWatcher({
      ...{ ...common, database, leaseMs: 60_000 },
      bus: { publish: async (records) => void told.push(...records) },
      onFault: (error) => {
        throw error
      },
    })
    await until(async () => {
      const figures = await readWatchFigures(database, tenants)
      const untold = await admin.query('select 1 from ml_scoring.series_anomalies where told_at is null')
      return second.isLeader() && figures.every(({ judgedHour }) => judgedHour >= lastHour) && untold.length === 0
    }, 30_000)
    await second.stop()

    const byId = new Map(told.map((record) => [eventOf(record).id, record]))
    expect([...byId.keys()].sort()).toEqual(expected.ids)
    for (const record of told) expect(record).toEqual(byId.get(eventOf(record).id))
    expect({ states: await statesIn(admin), anomalies: await anomaliesIn(admin) }).toEqual({ states: expected.states, anomalies: expected.anomalies })
    // Only what was published and not yet noted is told again.
    expect(told.length - byId.size).toBe(mortal.life.publishedLast ? 1 : 0)
    repeated += told.length - byId.size
  }
  // That leaders died there indeed, once for each anomaly.
  expect(repeated).toBe(2)
}, 120_000)
