import type { OutboundRecord } from '@ott/pipeline/record'
import type { Database } from '@ott/postgres/database'
import type { TestDatabase } from '@ott/postgres/test-database'
import type { CountedHours } from '../src/series/counted-hours.ts'
import { startSeriesWatcher, type SeriesWatcherOptions } from '../src/series/series-watcher.ts'
import { readWatchFigures } from '../src/series/series-watch-store.ts'
import { until } from './registry-fixture.ts'

export interface Watched {
  turns: number
  readonly told: OutboundRecord[]
  readonly skipped: string[]
  readonly faults: unknown[]
}

/** Nothing waits anywhere. */
export const allCounted: CountedHours = { look: async (dueHour, tenantIds) => new Map(tenantIds.map((tenantId) => [tenantId, dueHour])) }

/** When an hour is judged: ten minutes after its end. */
export const dueMs = (hour: number) => (hour + 1) * 3_600_000 + 600_000

/** One process that watches until all is judged up to an hour, and then stops. */
export async function watchUntil(database: Database, hour: number, options: Partial<SeriesWatcherOptions> = {}, tenants: readonly string[] = ['acme', 'globex']): Promise<Watched> {
  const watched: Watched = { turns: 0, told: [], skipped: [], faults: [] }
  const watcher = startSeriesWatcher({
    ...{ database, tenants: () => tenants, forecastFor: () => undefined, counting: allCounted, latenessMs: 600_000, intervalMs: 5, leaseMs: 60_000 },
    bus: { publish: async (records) => void watched.told.push(...records) },
    nowMs: () => dueMs(hour),
    onSkipped: (tenantId, series, hours) => watched.skipped.push(`${tenantId} ${series} ${hours}`),
    onFigures: () => void (watched.turns += 1),
    onFault: (error) => watched.faults.push(error),
    ...options,
  })
  try {
    await until(async () => {
      const figures = await readWatchFigures(database, tenants)
      return watched.turns > 1 && figures.every(({ judgedHour }) => judgedHour >= hour)
    }, 60_000)
  } finally {
    await watcher.stop()
  }
  return watched
}

export const eventOf = ({ value }: OutboundRecord) => JSON.parse(String(value)) as { id: string; type: string; time: string; subject: string; data: Record<string, unknown> }

export const anomaliesIn = (admin: TestDatabase) =>
  admin.query<{ tenant_id: string; series: string; start_hour: number; last_hour: number; is_open: boolean }>('select tenant_id, series, start_hour, last_hour, is_open from ml_scoring.series_anomalies order by 1, 2, 3')

export const statesIn = (admin: TestDatabase) => admin.query<{ series: string; state: string }>('select tenant_id, series, judged_hour, state::text as state from ml_scoring.series_states order by 1, 2')
