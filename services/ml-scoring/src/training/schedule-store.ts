import { randomUUID } from 'node:crypto'
import type { Database } from '@ott/postgres/database'

/** When a tenant's model is trained by itself. */
export interface TrainingSchedule {
  readonly tenantId: string
  readonly model: string
  readonly cron: string
  readonly timeZone: string
  /** A turn trains on so many days before it. */
  readonly periodDays: number
  readonly nextAt: Date
  readonly setAt: Date
  readonly setBy: string
}

interface ScheduleRow {
  tenant_id: string
  model: string
  cron: string
  time_zone: string
  period_days: number
  next_at: Date
  set_at: Date
  set_by: string
}

const columns = 'tenant_id, model, cron, time_zone, period_days, next_at, set_at, set_by'

function scheduleOf(row: ScheduleRow): TrainingSchedule {
  return {
    tenantId: row.tenant_id,
    model: row.model,
    cron: row.cron,
    timeZone: row.time_zone,
    periodDays: row.period_days,
    nextAt: row.next_at,
    setAt: row.set_at,
    setBy: row.set_by,
  }
}

export type NewSchedule = Omit<TrainingSchedule, 'setAt'>

/** Sets the schedule of a model, in place of the one there was. */
export async function setSchedule(database: Database, { tenantId, model, cron, timeZone, periodDays, nextAt, setBy }: NewSchedule): Promise<TrainingSchedule> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<ScheduleRow>(
      `insert into ml_scoring.training_schedules (tenant_id, model, cron, time_zone, period_days, next_at, set_by) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (tenant_id, model) do update set cron = excluded.cron, time_zone = excluded.time_zone, period_days = excluded.period_days,
         next_at = excluded.next_at, set_by = excluded.set_by, set_at = now()
       returning ${columns}`,
      [tenantId, model, cron, timeZone, periodDays, nextAt, setBy],
    ),
  )
  return scheduleOf(rows[0]!)
}

/** @returns false when there was none */
export async function removeSchedule(database: Database, tenantId: string, model: string): Promise<boolean> {
  const removed = await database.transaction([tenantId], (sql) => sql.query('delete from ml_scoring.training_schedules where tenant_id = $1 and model = $2 returning 1', [tenantId, model]))
  return removed.length > 0
}

export async function listSchedules(database: Database, tenantId: string): Promise<TrainingSchedule[]> {
  const rows = await database.transaction([tenantId], (sql) => sql.query<ScheduleRow>(`select ${columns} from ml_scoring.training_schedules where tenant_id = $1 order by model`, [tenantId]))
  return rows.map(scheduleOf)
}

/** Schedules whose turn has come, the longest due first. */
export async function dueSchedules(database: Database, tenants: readonly string[], now: Date, limit: number): Promise<TrainingSchedule[]> {
  if (tenants.length === 0) return []
  const rows = await database.transaction(tenants, (sql) => sql.query<ScheduleRow>(`select ${columns} from ml_scoring.training_schedules where next_at <= $1 order by next_at, tenant_id, model limit $2`, [now, limit]))
  return rows.map(scheduleOf)
}

/**
 * Queues the run of a turn and moves the schedule on to its next, in one transaction. Whoever does it twice, or at once with another, queues one run.
 * @returns whether this call queued it
 */
export async function takeTurn(database: Database, { tenantId, model, periodDays, nextAt }: TrainingSchedule, following: Date, seed: number): Promise<boolean> {
  return database.transaction([tenantId], async (sql) => {
    const moved = await sql.query('update ml_scoring.training_schedules set next_at = $4 where tenant_id = $1 and model = $2 and next_at = $3 returning 1', [tenantId, model, nextAt, following])
    if (moved.length === 0) return false
    const queued = await sql.query(
      `insert into ml_scoring.training_runs (tenant_id, id, model, requested_by, scheduled_at, seed, from_at, to_at)
       values ($1, $2, $3, 'schedule', $4, $5, $4::timestamptz - $6 * interval '1 day', $4) on conflict do nothing returning 1`,
      [tenantId, randomUUID(), model, nextAt, seed, periodDays],
    )
    return queued.length > 0
  })
}
