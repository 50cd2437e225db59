import type { Database } from '@ott/postgres/database'
import type { DriftJudgement } from './judge-drift.ts'
import type { ToldDrifts } from './untold-drifts.ts'

/** How a champion compared with its training at a time. */
export interface DriftReport extends DriftJudgement {
  readonly model: string
  readonly version: number
  readonly checkedAt: Date
  /** Since when each report of the version said the same outcome. */
  readonly since: Date
  /** What was compared, both included, in UTC. */
  readonly fromDay: string
  readonly toDay: string
}

/** With what was told of the version on the day. */
export interface KeptReport extends DriftReport {
  readonly told: ToldDrifts
}

/** The latest of a model are all kept, at most so many; of the older ones each day's last, for so many days. */
export const reportsKept = { latestMax: 300, daysMax: 90 }

/** Keeps a report beside the earlier ones and lets go of what is old. One of the same time stays as it is. */
export async function keepReport(database: Database, tenantId: string, { model, version, checkedAt, since, outcome, fromDay, toDay, observations, columns, told }: KeptReport): Promise<void> {
  await database.transaction([tenantId], async (sql) => {
    sql.send(
      `insert into ml_scoring.drift_reports (tenant_id, model, version, checked_at, since, outcome, from_day, to_day, observations, columns, told)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (tenant_id, model, checked_at) do nothing`,
      [tenantId, model, version, checkedAt, since, outcome, fromDay, toDay, observations, JSON.stringify(columns), JSON.stringify(told)],
    )
    sql.send(
      `delete from ml_scoring.drift_reports r where tenant_id = $1 and model = $2
         and checked_at < (select checked_at from ml_scoring.drift_reports where tenant_id = $1 and model = $2 order by checked_at desc offset $3 limit 1)
         and (to_day < $4::date - $5::int or exists (
           select 1 from ml_scoring.drift_reports l where l.tenant_id = $1 and l.model = $2 and l.checked_at > r.checked_at
             and l.checked_at < (r.to_day + 1)::timestamp at time zone 'UTC'))`,
      [tenantId, model, reportsKept.latestMax - 1, toDay, reportsKept.daysMax],
    )
  })
}

/** The latest first. */
export function readReports(database: Database, tenantId: string, model: string, limit: number): Promise<KeptReport[]> {
  return database.transaction([tenantId], (sql) =>
    sql.query<KeptReport>(
      `select model, version, checked_at as "checkedAt", since, outcome, from_day::text as "fromDay", to_day::text as "toDay", observations::float8 as observations, columns, told
       from ml_scoring.drift_reports where tenant_id = $1 and model = $2 order by checked_at desc limit $3`,
      [tenantId, model, limit],
    ),
  )
}

/** As REST shows it. */
export function shownReport({ told: _own, checkedAt, since, ...report }: KeptReport) {
  return { ...report, checkedAt: checkedAt.toISOString(), since: since.toISOString() }
}
