import { seriesPerTenantMax } from '@ott/anomaly/seasonal/series-counts'
import type { HourForecast } from '@ott/anomaly/seasonal/seasonal-model'
import { seriesAnomalousType } from '@ott/contracts/viewer-event-types'
import { platformRecord } from '@ott/pipeline/platform-event'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { Database, Sql } from '@ott/postgres/database'
import { hourMs } from './hourly-counts.ts'
import { isBelieved, newSeries, watchHour, type SeriesAnomaly, type WatchedSeries } from './watch-series.ts'

export const judgingBounds = {
  /** Of each series at once; what is missing follows in the next turn. */
  hoursPerTurn: 168,
  /** A series that is further behind goes on from here; the hours left out are unknown to it. */
  behindHoursMax: 8 * 168,
  publishedPerTurn: 500,
  /** Older counts and ended anomalies are deleted. */
  keptHours: 26 * 168,
}

/** What a trained forecaster says of a series' next hours; undefined where none is in force. */
export type ForecastFor = (tenantId: string, series: string) => ((hour: number) => HourForecast | undefined) | undefined

interface StateRow {
  readonly series: string
  readonly hour: number
  readonly state: WatchedSeries
}

/** Judges a tenant's series up to an hour: states and anomalies in one transaction, so a turn that breaks off has done nothing. @returns hours judged */
export async function judgeTenant(database: Database, tenantId: string, upToHour: number, forecastFor: ForecastFor): Promise<number> {
  return database.transaction([tenantId], async (sql) => {
    // Two leaders for a moment judge one after the other, and the second finds nothing left.
    await sql.query('select pg_advisory_xact_lock(hashtext($1))', [`ml_scoring.series ${tenantId}`])
    const states = new Map((await sql.query<StateRow>('select series, hour, state from ml_scoring.series_states where tenant_id = $1', [tenantId])).map((row) => [row.series, row]))
    const oldest = upToHour - judgingBounds.behindHoursMax
    const from = [...states.values()].reduce((least, { hour }) => Math.min(least, hour), states.size === 0 ? oldest : upToHour)
    if (from >= upToHour) return 0
    const after = Math.max(from, oldest)
    const first = states.size > 0 ? after : await firstHour(sql, tenantId, after, upToHour)
    const until = Math.min(upToHour, first + judgingBounds.hoursPerTurn)
    const rows = await sql.query<{ series: string; hour: number; count: string }>(
      'select series, hour, count from ml_scoring.series_counts where tenant_id = $1 and hour > $2 and hour <= $3 order by hour',
      [tenantId, first, until],
    )
    const counts = new Map<string, Map<number, number>>()
    for (const { series, hour, count } of rows) {
      if (!states.has(series) && !counts.has(series) && states.size + counts.size >= 2 * seriesPerTenantMax) continue
      counts.set(series, (counts.get(series) ?? new Map<number, number>()).set(hour, Number(count)))
    }
    let judged = 0
    for (const series of new Set([...states.keys(), ...counts.keys()])) {
      const own = counts.get(series) ?? new Map<number, number>()
      const held = states.get(series)
      const start = held === undefined ? Math.min(...own.keys()) - 1 : Math.max(held.hour, first)
      let state = held?.state ?? newSeries(start)
      const forecast = forecastFor(tenantId, series)
      for (let hour = start + 1; hour <= until; hour += 1) {
        const before = state.anomaly
        const next = watchHour(state, hour, own.get(hour) ?? 0, forecast?.(hour))
        state = next.series
        judged += 1
        if (next.ended !== undefined && isBelieved(next.ended)) saveAnomaly(sql, tenantId, series, next.ended, false)
        if (state.anomaly !== undefined && state.anomaly !== before && isBelieved(state.anomaly)) saveAnomaly(sql, tenantId, series, state.anomaly, true)
      }
      sql.send(
        `insert into ml_scoring.series_states (tenant_id, series, hour, state) values ($1, $2, $3, $4)
         on conflict (tenant_id, series) do update set hour = excluded.hour, state = excluded.state`,
        [tenantId, series, until, JSON.stringify(state)],
      )
    }
    return judged
  })
}

async function firstHour(sql: Sql, tenantId: string, after: number, upTo: number): Promise<number> {
  const [row] = await sql.query<{ hour: number | null }>('select min(hour) as hour from ml_scoring.series_counts where tenant_id = $1 and hour > $2 and hour <= $3', [tenantId, after, upTo])
  const hour = row?.hour ?? undefined
  return hour === undefined ? upTo : hour - 1
}

function saveAnomaly(sql: Sql, tenantId: string, series: string, anomaly: SeriesAnomaly, isOpen: boolean): void {
  sql.send(
    `insert into ml_scoring.series_anomalies (tenant_id, series, since_hour, last_hour, is_open, event, peak_likelihood) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (tenant_id, series, since_hour) do update
     set last_hour = excluded.last_hour, is_open = excluded.is_open, peak_likelihood = excluded.peak_likelihood`,
    [tenantId, series, anomaly.since, anomaly.last, isOpen, JSON.stringify(anomaly), anomaly.peakLikelihood],
  )
}

/** Publishes what was found and not told yet, then notes that it is told: a crash between the two tells it again under the same id. */
export async function tellAnomalies(database: Database, tenantId: string, publish: (records: OutboundRecord[]) => Promise<unknown>): Promise<number> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ series: string; since_hour: number; event: SeriesAnomaly }>(
      'select series, since_hour, event from ml_scoring.series_anomalies where tenant_id = $1 and published_at is null order by since_hour, series limit $2',
      [tenantId, judgingBounds.publishedPerTurn],
    ),
  )
  if (rows.length === 0) return 0
  await publish(rows.map(({ series, event }) => anomalyRecord(tenantId, series, event)))
  await database.transaction([tenantId], async (sql) =>
    sql.query(
      `update ml_scoring.series_anomalies set published_at = now()
       where tenant_id = $1 and (series, since_hour) in (select * from unnest($2::text[], $3::int[]))`,
      [tenantId, rows.map(({ series }) => series), rows.map(({ since_hour: since }) => since)],
    ),
  )
  return rows.length
}

/** The event that says so. Its id names the series and the first hour: however often it is told, it is taken in once. */
export function anomalyRecord(tenantId: string, series: string, { since, last, hours, count, expected, direction, likelihood, model }: SeriesAnomaly): OutboundRecord {
  const sinceTime = new Date(since * hourMs).toISOString()
  const subject = series.toLowerCase().replaceAll('/', ':').replaceAll(/[^a-z0-9:._-]/g, '_')
  return platformRecord(tenantId, `${series} ${sinceTime}`, {
    type: seriesAnomalousType,
    source: '/ott/ml-scoring',
    subject,
    time: new Date((last + 1) * hourMs).toISOString(),
    data: { series: subject, since: sinceTime, hours, count, expected: Math.round(expected * 100) / 100, direction, likelihood, model },
  })
}

export async function forgetSeries(database: Database, tenantId: string, upToHour: number): Promise<void> {
  await database.transaction([tenantId], async (sql) => {
    sql.send('delete from ml_scoring.series_counts where tenant_id = $1 and hour < $2', [tenantId, upToHour - judgingBounds.keptHours])
    sql.send('delete from ml_scoring.series_anomalies where tenant_id = $1 and last_hour < $2 and not is_open', [tenantId, upToHour - judgingBounds.keptHours])
  })
}
