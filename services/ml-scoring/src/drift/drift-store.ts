import type { Database } from '@ott/postgres/database'
import type { DriftReport } from './judge-drift.ts'

/** The place of the scores, beside the columns from 0. */
export const scoresPlace = -1

/** What a version met on a day, in the bins of one column. */
export interface LiveSpread {
  readonly tenantId: string
  readonly model: string
  readonly version: number
  /** UTC, `2026-03-02`. */
  readonly day: string
  readonly place: number
  readonly counts: readonly number[]
}

/** Adds counts to what is there. Bins of one version are always the same ones. */
export async function addLiveSpreads(database: Database, spreads: readonly LiveSpread[]): Promise<void> {
  if (spreads.length === 0) return
  const keyOf = ({ tenantId, model, version, day, place }: LiveSpread) => `${tenantId} ${model} ${version} ${day} ${place}`
  // In one order, so that two processes don't wait for each other.
  const sorted = spreads.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  await database.transaction([...new Set(sorted.map(({ tenantId }) => tenantId))], async (sql) =>
    sql.send(
      `insert into ml_scoring.live_spreads as held (tenant_id, model, version, day, place, counts)
       select tenant_id, model, version, day, place, array(select json_array_elements_text(counts)::bigint)
       from unnest($1::text[], $2::text[], $3::int[], $4::date[], $5::int[], $6::json[]) as u (tenant_id, model, version, day, place, counts)
       on conflict (tenant_id, model, version, day, place) do update set counts = array(select a + b from unnest(held.counts, excluded.counts) as pair (a, b))`,
      [
        sorted.map(({ tenantId }) => tenantId),
        sorted.map(({ model }) => model),
        sorted.map(({ version }) => version),
        sorted.map(({ day }) => day),
        sorted.map(({ place }) => place),
        sorted.map(({ counts }) => JSON.stringify(counts)),
      ],
    ),
  )
}

/** Counts of a version by place, over the days from one on. */
export async function readLiveSpreads(database: Database, tenantId: string, model: string, version: number, fromDay: string): Promise<Map<number, number[]>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ place: number; counts: string[] }>('select place, counts::text[] as counts from ml_scoring.live_spreads where tenant_id = $1 and model = $2 and version = $3 and day >= $4::date', [tenantId, model, version, fromDay]),
  )
  const sums = new Map<number, number[]>()
  for (const { place, counts } of rows) {
    const sum = sums.get(place)
    if (sum === undefined) sums.set(place, counts.map(Number))
    else for (const [bin, count] of counts.entries()) sum[bin] = (sum[bin] ?? 0) + Number(count)
  }
  return sums
}

/** Keeps the report of a day, in place of an earlier one, and lets go of what is old. */
export async function keepReport(database: Database, tenantId: string, { model, version, day, checkedAt, ...report }: DriftReport, keptDays: number): Promise<void> {
  await database.transaction([tenantId], async (sql) => {
    sql.send(
      `insert into ml_scoring.drift_reports (tenant_id, model, version, day, checked_at, report) values ($1, $2, $3, $4, $5, $6)
       on conflict (tenant_id, model, version, day) do update set checked_at = excluded.checked_at, report = excluded.report`,
      [tenantId, model, version, day, new Date(checkedAt), JSON.stringify(report)],
    )
    for (const table of ['drift_reports', 'live_spreads']) sql.send(`delete from ml_scoring.${table} where tenant_id = $1 and day < $2::date - $3::int`, [tenantId, day, keptDays])
  })
}

/** The latest first. */
export async function readReports(database: Database, tenantId: string, model: string, limit: number): Promise<DriftReport[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ version: number; day: string; checked_at: Date; report: Omit<DriftReport, 'model' | 'version' | 'day' | 'checkedAt'> }>(
      'select version, day::text as day, checked_at, report from ml_scoring.drift_reports where tenant_id = $1 and model = $2 order by day desc, version desc limit $3',
      [tenantId, model, limit],
    ),
  )
  return rows.map(({ version, day, checked_at, report }) => ({ model, version, day, checkedAt: checked_at.toISOString(), ...report }))
}

export async function readTrainsOnDrift(database: Database, tenantId: string, model: string): Promise<boolean> {
  const [row] = await database.transaction([tenantId], (sql) => sql.query<{ train_on_drift: boolean }>('select train_on_drift from ml_scoring.drift_settings where tenant_id = $1 and model = $2', [tenantId, model]))
  return row?.train_on_drift ?? false
}

export async function setTrainsOnDrift(database: Database, tenantId: string, model: string, trainOnDrift: boolean, setBy: string): Promise<void> {
  await database.transaction([tenantId], async (sql) =>
    sql.send(
      `insert into ml_scoring.drift_settings (tenant_id, model, train_on_drift, set_by) values ($1, $2, $3, $4)
       on conflict (tenant_id, model) do update set train_on_drift = excluded.train_on_drift, set_by = excluded.set_by, set_at = now()`,
      [tenantId, model, trainOnDrift, setBy],
    ),
  )
}
