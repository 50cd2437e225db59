import { noGroups, type KnownGroups } from '@ott/anomaly/seasonal/series-counts'
import type { Database, Sql } from '@ott/postgres/database'
import { admitGroups, admittedSeries, groupIn, type CountDelta } from './series-tally.ts'

/** Counts are kept for half a year. */
export const countWeeksMax = 26

/**
 * Adds to the counts and notes series that are new. Answers which groups have series by now, by tenant. Belongs into the transaction of
 * the snapshot that the counts go with. Rows are touched in one order, so that partitions don't wait for each other in a circle.
 */
export async function addSeriesCounts(sql: Sql, deltas: readonly CountDelta[]): Promise<Map<string, KnownGroups>> {
  if (deltas.length === 0) return new Map()
  const groups = await admitAll(sql, deltas)
  const summed = new Map<string, { tenantId: string; series: string; hour: number; count: number }>()
  for (const { tenantId, series, hour, count } of deltas) {
    const admitted = admittedSeries(groups.get(tenantId) ?? noGroups, series)
    const key = `${tenantId} ${admitted} ${String(hour).padStart(8, '0')}`
    const row = summed.get(key)
    if (row === undefined) summed.set(key, { tenantId, series: admitted, hour, count })
    else row.count += count
  }
  const rows = [...summed].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row)
  const columns = [rows.map(({ tenantId }) => tenantId), rows.map(({ series }) => series), rows.map(({ hour }) => hour)]
  sql.send(
    `insert into ml_scoring.series_states (tenant_id, series, first_hour, judged_hour)
     select tenant_id, series, min(hour), min(hour) from unnest($1::text[], $2::text[], $3::int[]) as u (tenant_id, series, hour)
     group by tenant_id, series order by tenant_id, series
     on conflict do nothing`,
    columns,
  )
  sql.send(
    `insert into ml_scoring.series_counts as held (tenant_id, series, hour, count)
     select * from unnest($1::text[], $2::text[], $3::int[], $4::bigint[])
     on conflict (tenant_id, series, hour) do update set count = held.count + excluded.count`,
    [...columns, rows.map(({ count }) => count)],
  )
  return groups
}

async function admitAll(sql: Sql, deltas: readonly CountDelta[]): Promise<Map<string, KnownGroups>> {
  const wanted = new Map<string, Set<string>>()
  for (const { tenantId, series } of deltas) {
    const own = wanted.get(tenantId) ?? new Set()
    wanted.set(tenantId, own.add(series))
  }
  const groups = await readGroups(sql, [...wanted.keys()])
  const growing = [...wanted].filter(([tenantId, series]) => [...series].some((one) => isUnknown(groups.get(tenantId) ?? noGroups, one))).map(([tenantId]) => tenantId).sort()
  if (growing.length > 0) {
    // Two partitions that each find the last place free would both take it.
    await sql.query(`select pg_advisory_xact_lock(hashtextextended('ml_scoring.series_states ' || tenant_id, 0)) from (select * from unnest($1::text[]) as t (tenant_id) order by 1) as sorted`, [growing])
    for (const [tenantId, known] of await readGroups(sql, growing)) groups.set(tenantId, known)
    // Only what has events: they are what a group is known by.
    for (const tenantId of growing) groups.set(tenantId, admitGroups(groups.get(tenantId) ?? noGroups, [...wanted.get(tenantId)!].filter((series) => series.startsWith('events:'))))
  }
  return groups
}

function isUnknown(known: KnownGroups, series: string): boolean {
  const group = groupIn(series)
  return group !== undefined && !known[group.grouping].includes(group.name)
}

async function readGroups(sql: Sql, tenantIds: readonly string[]): Promise<Map<string, KnownGroups>> {
  const rows = await sql.query<{ tenant_id: string; series: string[] }>(
    `select tenant_id, array_agg(series) as series from ml_scoring.series_states
     where tenant_id = any($1::text[]) and series like 'events:%' group by tenant_id`,
    [tenantIds],
  )
  return new Map(rows.map(({ tenant_id: tenantId, series }) => [tenantId, admitGroups(noGroups, series)]))
}

/** One tenant's counts of hours from `from` up to but without `end`, by series; an hour without a count is left out. */
export async function readSeriesCounts(sql: Sql, tenantId: string, series: readonly string[], from: number, end: number): Promise<Map<string, Map<number, number>>> {
  const rows = await sql.query<{ series: string; hour: number; count: string }>(
    'select series, hour, count from ml_scoring.series_counts where tenant_id = $1 and series = any($2::text[]) and hour >= $3 and hour < $4',
    [tenantId, series, from, end],
  )
  const counts = new Map(series.map((one) => [one, new Map<number, number>()]))
  for (const { series: one, hour, count } of rows) counts.get(one)?.set(hour, Number(count))
  return counts
}

/** Deletes what is too old, and series of which nothing is left: their places are free again. Some at a time; the rest next time. */
export async function forgetSeries(database: Database, tenantIds: readonly string[], hour: number): Promise<void> {
  await database.transaction(tenantIds, async (sql) => {
    const oldest = hour - countWeeksMax * 168
    await sql.query(
      `delete from ml_scoring.series_counts where (tenant_id, series, hour) in
         (select tenant_id, series, hour from ml_scoring.series_counts where hour < $1 limit 50000)`,
      [oldest],
    )
    await sql.query('delete from ml_scoring.series_anomalies where last_hour < $1 and told_at is not null', [oldest])
    await sql.query(
      `delete from ml_scoring.series_states as s where first_hour < $1 and
         not exists (select from ml_scoring.series_counts as c where c.tenant_id = s.tenant_id and c.series = s.series)`,
      [oldest],
    )
  })
}
