import type { Bus } from '@ott/pipeline/bus'
import type { Database, Sql } from '@ott/postgres/database'
import type { Anomaly, Direction } from './anomaly-course.ts'
import { anomalyEventId, anomalyRecord } from './anomaly-event.ts'
import type { JudgedHours } from './judge-hours.ts'
import type { WatchState } from './watch-hour.ts'

/** A series as it stands in the database. */
export interface WatchedSeries {
  readonly series: string
  readonly judgedHour: number
  /** Null before its first hour was judged. */
  readonly state: WatchState | null
}

/** A series after some more hours. */
export interface JudgedSeries extends JudgedHours {
  readonly series: string
  /** Where it stood before: who finds it elsewhere by now changes nothing. */
  readonly before: number
  readonly judgedHour: number
}

/** A tenant's series that aren't judged up to an hour, those furthest behind first. */
export async function dueSeries(sql: Sql, tenantId: string, hour: number, limit: number): Promise<WatchedSeries[]> {
  const rows = await sql.query<{ series: string; judged_hour: number; state: WatchState | null }>(
    'select series, judged_hour, state from ml_scoring.series_states where tenant_id = $1 and judged_hour < $2 order by judged_hour, series limit $3',
    [tenantId, hour, limit],
  )
  return rows.map(({ series, judged_hour: judgedHour, state }) => ({ series, judgedHour, state }))
}

/** Of these tenants those who have series to be judged up to an hour, or anomalies to be told. */
export async function tenantsInNeed(database: Database, tenantIds: readonly string[], hour: number): Promise<string[]> {
  const rows = await database.transaction(tenantIds, (sql) =>
    sql.query<{ tenant_id: string }>(
      `select tenant_id from ml_scoring.series_states where judged_hour < $1
       union select tenant_id from ml_scoring.series_anomalies where told_at is null order by 1`,
      [hour],
    ),
  )
  return rows.map(({ tenant_id: tenantId }) => tenantId)
}

/** Writes states and anomalies together. A series that another has judged meanwhile is left as that one wrote it. Answers how many were written. */
export async function writeJudged(database: Database, tenantId: string, judged: readonly JudgedSeries[]): Promise<number> {
  const sorted = judged.toSorted((left, right) => (left.series < right.series ? -1 : 1))
  return await database.transaction([tenantId], async (sql) => {
    const rows = await sql.query<{ series: string }>(
      `update ml_scoring.series_states as s set judged_hour = u.judged_hour, state = u.state
       from unnest($2::text[], $3::int[], $4::int[], $5::json[]) as u (series, before, judged_hour, state)
       where s.tenant_id = $1 and s.series = u.series and s.judged_hour = u.before returning s.series`,
      [tenantId, sorted.map(({ series }) => series), sorted.map(({ before }) => before), sorted.map(({ judgedHour }) => judgedHour), sorted.map(({ state }) => JSON.stringify(state))],
    )
    const written = new Set(rows.map(({ series }) => series))
    for (const { series, anomalies } of sorted) {
      if (!written.has(series)) continue
      for (const { now, opened } of anomalies.values()) writeAnomaly(sql, tenantId, series, now, opened ?? now)
    }
    return written.size
  })
}

/** How it opened stays: so it is told. */
function writeAnomaly(sql: Sql, tenantId: string, series: string, { startHour, lastHour, isOpen, peak }: Anomaly, opened: Anomaly): void {
  const { direction, model, likelihood, count, expected } = peak
  sql.send(
    `insert into ml_scoring.series_anomalies (tenant_id, series, start_hour, last_hour, is_open, direction, model, likelihood, count, expected, opened)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     on conflict (tenant_id, series, start_hour) do update set last_hour = excluded.last_hour, is_open = excluded.is_open, direction = excluded.direction,
       model = excluded.model, likelihood = excluded.likelihood, count = excluded.count, expected = excluded.expected`,
    [tenantId, series, startHour, lastHour, isOpen, direction, model, likelihood, count, expected, JSON.stringify(opened)],
  )
}

/** Publishes the events of anomalies that weren't told yet, then notes that they were. A crash in between tells them again: with the same id. */
export async function tellAnomalies(database: Database, bus: Pick<Bus, 'publish'>, tenantId: string, limit: number): Promise<number> {
  return await database.transaction([tenantId], async (sql) => {
    const rows = await sql.query<{ series: string; start_hour: number; opened: Anomaly }>(
      `select series, start_hour, opened from ml_scoring.series_anomalies where tenant_id = $1 and told_at is null
       order by start_hour, series limit $2 for update skip locked`,
      [tenantId, limit],
    )
    if (rows.length === 0) return 0
    await bus.publish(rows.map(({ series, opened }) => anomalyRecord(tenantId, series, opened)))
    sql.send(
      `update ml_scoring.series_anomalies set told_at = now()
       where tenant_id = $1 and (series, start_hour) in (select * from unnest($2::text[], $3::int[]))`,
      [tenantId, rows.map(({ series }) => series), rows.map(({ start_hour: startHour }) => startHour)],
    )
    return rows.length
  })
}

/** What the watch of a tenant comes to. */
export interface WatchFigures {
  readonly tenantId: string
  readonly series: number
  readonly openAnomalies: number
  /** The last hour up to which every series is judged. */
  readonly judgedHour: number
}

export async function readWatchFigures(database: Database, tenantIds: readonly string[]): Promise<WatchFigures[]> {
  const rows = await database.transaction(tenantIds, (sql) =>
    sql.query<{ tenant_id: string; series: string; judged_hour: number; open: string }>(
      `select s.tenant_id, count(*) as series, min(judged_hour) as judged_hour,
         (select count(*) from ml_scoring.series_anomalies as a where a.tenant_id = s.tenant_id and a.is_open) as open
       from ml_scoring.series_states as s group by s.tenant_id`,
    ),
  )
  return rows.map(({ tenant_id: tenantId, series, judged_hour: judgedHour, open }) => ({ tenantId, series: Number(series), openAnomalies: Number(open), judgedHour }))
}

export interface ShownSeries extends WatchedSeries {
  readonly firstHour: number
  readonly openSince: number | null
}

/** All of a tenant's series, or the one of a name, by name. */
export async function listSeries(sql: Sql, tenantId: string, name?: string): Promise<ShownSeries[]> {
  const rows = await sql.query<{ series: string; first_hour: number; judged_hour: number; state: WatchState | null; open_since: number | null }>(
    `select series, first_hour, judged_hour, case when $2::text is null then null else state end as state,
       (select max(start_hour) from ml_scoring.series_anomalies as a where a.tenant_id = s.tenant_id and a.series = s.series and a.is_open) as open_since
     from ml_scoring.series_states as s where tenant_id = $1 and series = coalesce($2, series) order by series`,
    [tenantId, name ?? null],
  )
  return rows.map(({ series, first_hour: firstHour, judged_hour: judgedHour, state, open_since: openSince }) => ({ series, firstHour, judgedHour, state, openSince }))
}

export interface StoredAnomaly {
  readonly startHour: number
  readonly lastHour: number
  readonly isOpen: boolean
  readonly direction: Direction
  readonly model: string
  readonly likelihood: number
  readonly count: number
  readonly expected: number
  readonly eventId: string
}

/** The latest of each of a tenant's series, the very latest first; a series without any is left out. */
export async function listAnomalies(sql: Sql, tenantId: string, series: readonly string[], limit: number): Promise<Map<string, StoredAnomaly[]>> {
  const rows = await sql.query<{ series: string; start_hour: number; last_hour: number; is_open: boolean; direction: Direction; model: string; likelihood: number; count: string; expected: number }>(
    `select a.* from unnest($2::text[]) as wanted (series) cross join lateral
       (select series, start_hour, last_hour, is_open, direction, model, likelihood, count, expected
        from ml_scoring.series_anomalies where tenant_id = $1 and series = wanted.series order by start_hour desc limit $3) as a
     order by a.series, a.start_hour desc`,
    [tenantId, series, limit],
  )
  const anomalies = new Map<string, StoredAnomaly[]>()
  for (const { series: own, start_hour: startHour, last_hour: lastHour, is_open: isOpen, count, ...rest } of rows) {
    const known = anomalies.get(own) ?? []
    known.push({ startHour, lastHour, isOpen, count: Number(count), ...rest, eventId: anomalyEventId(tenantId, own, startHour) })
    anomalies.set(own, known)
  }
  return anomalies
}
