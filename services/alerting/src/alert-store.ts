import type { Severity } from '@ott/contracts/severity'
import { isTraceparent } from '@ott/contracts/traceparent'
import type { ViolationOpened } from '@ott/contracts/violation-opened'
import type { Cursor } from '@ott/http/page'
import type { SavedRow } from '@ott/pipeline/define-stage'
import type { Database, Sql } from '@ott/postgres/database'
import type { AlertRow } from './raise-alert.ts'

/** Writes new alerts; one that is there already stays as it is. */
export async function saveAlerts(rows: readonly SavedRow<ViolationOpened, AlertRow>[], sql: Sql, nowMs: number): Promise<void> {
  await sql.query(
    `insert into alerting.alerts
       (tenant_id, id, violation_id, subject, rule, severity, status, payload, event_time, traceparent, next_attempt_at, created_at, updated_at)
     select t, i, v, s, r, g, w, p, e, c, $11::timestamptz, $11::timestamptz, $11::timestamptz
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::json[], $9::timestamptz[], $10::text[]) as n (t, i, v, s, r, g, w, p, e, c)
     on conflict (tenant_id, id) do nothing`,
    [
      rows.map(({ received }) => received.tenantId),
      rows.map(({ row }) => row.id),
      rows.map(({ received }) => received.event.data.violationId),
      rows.map(({ received }) => received.subject),
      rows.map(({ received }) => received.event.data.rule),
      rows.map(({ received }) => received.event.data.severity),
      rows.map(({ row }) => row.status),
      rows.map(({ row }) => JSON.stringify(row.payload)),
      rows.map(({ received }) => received.time),
      // Headers are the producers' own: only what names a trace is kept.
      rows.map(({ received: { traceparent } }) => (isTraceparent(traceparent) ? traceparent : null)),
      new Date(nowMs),
    ],
  )
}

/** An alert whose delivery is to be tried. */
export interface DueAlert {
  readonly tenantId: string
  readonly id: string
  readonly violationId: string
  readonly subject: string
  readonly rule: string
  readonly severity: Severity
  readonly eventTime: string
  /** Tries so far, this one included. */
  readonly attempts: number
  readonly payload: Record<string, unknown>
  /** The step of the event's trace that raised it. */
  readonly traceparent: string | undefined
}

interface DueRow {
  tenant_id: string
  id: string
  violation_id: string
  subject: string
  rule: string
  severity: Severity
  event_time: Date
  attempts: number
  payload: Record<string, unknown>
  traceparent: string | null
}

/** Takes alerts that are due, each for `leaseMs`: a deliverer that dies with one in hand leaves it to be taken again. */
export async function takeDueAlerts(database: Database, tenants: readonly string[], limit: number, nowMs: number, leaseMs: number): Promise<DueAlert[]> {
  const rows = await database.transaction(tenants, (sql) =>
    sql.query<DueRow>(
      `update alerting.alerts a set attempts = attempts + 1, next_attempt_at = $3
       from (select tenant_id, id from alerting.alerts where status = 'pending' and next_attempt_at <= $1 order by next_attempt_at limit $2 for update skip locked) due
       where a.tenant_id = due.tenant_id and a.id = due.id
       returning a.tenant_id, a.id, a.violation_id, a.subject, a.rule, a.severity, a.event_time, a.attempts, a.payload, a.traceparent`,
      [new Date(nowMs), limit, new Date(nowMs + leaseMs)],
    ),
  )
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    id: row.id,
    violationId: row.violation_id,
    subject: row.subject,
    rule: row.rule,
    severity: row.severity,
    eventTime: row.event_time.toISOString(),
    attempts: row.attempts,
    payload: row.payload,
    traceparent: row.traceparent ?? undefined,
  }))
}

/** What a try came to. `again` sets when the next one is due. */
export type DeliveryResult =
  | { readonly status: 'delivered' }
  | { readonly status: 'failed' | 'unrouted'; readonly error: string }
  | { readonly status: 'pending'; readonly error: string; readonly again: Date }

export async function recordDelivery(database: Database, alert: DueAlert, result: DeliveryResult, nowMs: number): Promise<void> {
  await database.transaction([alert.tenantId], (sql) =>
    sql.query(
      `update alerting.alerts set status = $3, last_error = $4, next_attempt_at = coalesce($5, next_attempt_at), updated_at = $6
       where tenant_id = $1 and id = $2`,
      [alert.tenantId, alert.id, result.status, 'error' in result ? result.error : null, 'again' in result ? result.again : null, new Date(nowMs)],
    ),
  )
}

export interface AlertItem {
  readonly id: string
  readonly violationId: string
  readonly subject: string
  readonly rule: string
  readonly severity: string
  readonly status: string
  readonly attempts: number
  readonly lastError: string | null
  readonly createdAt: string
  readonly updatedAt: string
}

interface AlertRecord extends DueRow {
  status: string
  last_error: string | null
  created_at: Date
  updated_at: Date
}

/** A page of a tenant's alerts, newest first, one row more than the limit where there are more. */
export async function listAlerts(
  database: Database,
  tenantId: string,
  filter: { status?: string | undefined; violationId?: string | undefined },
  page: { limit: number; after: Cursor | undefined },
): Promise<AlertItem[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<AlertRecord>(
      `select * from alerting.alerts
       where tenant_id = $1 and ($2::text is null or status = $2) and ($3::text is null or violation_id = $3)
         and ($4::timestamptz is null or (date_trunc('milliseconds', created_at), id) < ($4, $5))
       order by date_trunc('milliseconds', created_at) desc, id desc limit $6`,
      [tenantId, filter.status ?? null, filter.violationId ?? null, page.after?.at ?? null, page.after?.id ?? null, page.limit + 1],
    ),
  )
  return rows.map(alertItem)
}

/** Alerts of a tenant by id; those it doesn't have are left out. */
export async function readAlerts(database: Database, tenantId: string, ids: readonly string[]): Promise<Map<string, AlertItem>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<AlertRecord>('select * from alerting.alerts where tenant_id = $1 and id = any($2::text[])', [tenantId, ids]),
  )
  return new Map(rows.map((row) => [row.id, alertItem(row)]))
}

/** The alerts of each of several violations, oldest first. */
export async function readAlertsOf(database: Database, tenantId: string, violationIds: readonly string[]): Promise<Map<string, AlertItem[]>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<AlertRecord>('select * from alerting.alerts where tenant_id = $1 and violation_id = any($2::text[]) order by created_at, id', [tenantId, violationIds]),
  )
  return Map.groupBy(rows.map(alertItem), ({ violationId }) => violationId)
}

function alertItem(row: AlertRecord): AlertItem {
  return {
    id: row.id,
    violationId: row.violation_id,
    subject: row.subject,
    rule: row.rule,
    severity: row.severity,
    status: row.status,
    attempts: row.attempts,
    lastError: row.last_error,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}
