import type { Alert, Labels } from '@ott/alert-routing/alert'
import type { AlertStatus } from '@ott/contracts/alert-changed'
import type { Severity } from '@ott/contracts/severity'
import type { Cursor } from '@ott/http/page'
import type { Database, Sql } from '@ott/postgres/database'
import { alertOf } from './save-alerts.ts'

/** An alert of a tenant as it is shown. Times RFC 3339. */
export interface AlertItem {
  readonly id: string
  readonly source: 'violation' | 'api' | 'system'
  readonly violationId: string | null
  readonly subject: string | null
  readonly rule: string
  readonly severity: Severity | null
  readonly status: AlertStatus
  readonly labels: Labels
  readonly annotations: Labels
  readonly startsAt: string
  /** When it ended, or will have unless it is told of again. */
  readonly endsAt: string | null
  readonly acknowledgedAt: string | null
  /** Id of the API key that acknowledged it, or its violation. */
  readonly acknowledgedBy: string | null
  readonly acknowledgedNote: string | null
  readonly createdAt: string
  readonly updatedAt: string
}

interface AlertRecord {
  tenant_id: string
  id: string
  source: AlertItem['source']
  violation_id: string | null
  subject: string | null
  rule: string
  severity: Severity | null
  status: AlertStatus
  labels: Record<string, string>
  annotations: Record<string, string>
  starts_at: Date
  ends_at: Date | null
  acknowledged_at: Date | null
  acknowledged_by: string | null
  acknowledged_note: string | null
  created_at: Date
  updated_at: Date
  traceparent: string | null
}

export interface AlertFilter {
  readonly status?: string | undefined
  readonly violationId?: string | undefined
  readonly subject?: string | undefined
  readonly rule?: string | undefined
  readonly severity?: string | undefined
}

/** A page of a tenant's alerts, newest first, one row more than the limit where there are more. */
export async function listAlerts(database: Database, tenantId: string, filter: AlertFilter, page: { limit: number; after: Cursor | undefined }): Promise<AlertItem[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<AlertRecord>(
      `select * from alerting.alerts
       where tenant_id = $1 and ($2::text is null or status = $2) and ($3::text is null or violation_id = $3)
         and ($4::text is null or subject = $4) and ($5::text is null or rule = $5) and ($6::text is null or severity = $6)
         and ($7::timestamptz is null or (date_trunc('milliseconds', created_at), id) < ($7, $8))
       order by date_trunc('milliseconds', created_at) desc, id desc limit $9`,
      [
        tenantId,
        filter.status ?? null,
        filter.violationId ?? null,
        filter.subject ?? null,
        filter.rule ?? null,
        filter.severity ?? null,
        page.after?.at ?? null,
        page.after?.id ?? null,
        page.limit + 1,
      ],
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
  return Map.groupBy(rows.map(alertItem), ({ violationId }) => violationId ?? '')
}

/** An alert whose state has just changed, with what telling of it needs. */
export interface ChangedAlert extends AlertItem {
  readonly tenantId: string
  readonly traceparent: string | undefined
}

function changedAlert(row: AlertRecord): ChangedAlert {
  return { ...alertItem(row), tenantId: row.tenant_id, traceparent: row.traceparent ?? undefined }
}

/** Notes that somebody takes care of an alert that fires; one that was acknowledged before keeps its first note. @returns it, when that changed it */
export async function acknowledge(sql: Sql, tenantId: string, { id, by, note }: { id: string; by: string; note: string | undefined }, nowMs: number): Promise<ChangedAlert | undefined> {
  const [row] = await sql.query<AlertRecord>(
    `update alerting.alerts set status = 'acknowledged', acknowledged_at = $3, acknowledged_by = $4, acknowledged_note = $5, updated_at = $3
     where tenant_id = $1 and id = $2 and status = 'firing' and (ends_at is null or ends_at > $3) returning *`,
    [tenantId, id, new Date(nowMs), by, note ?? null],
  )
  return row && changedAlert(row)
}

/** Marks alerts whose end has come, and which nobody has told of yet. Their acknowledgement ends with them. */
export async function takeEndedAlerts(sql: Sql, nowMs: number, limit: number): Promise<ChangedAlert[]> {
  const rows = await sql.query<AlertRecord>(
    `update alerting.alerts a set status = 'resolved', acknowledged_at = null, acknowledged_by = null, acknowledged_note = null, updated_at = $1
     from (select tenant_id, id from alerting.alerts where status <> 'resolved' and ends_at <= $1 order by ends_at limit $2 for update skip locked) ended
     where a.tenant_id = ended.tenant_id and a.id = ended.id returning a.*`,
    [new Date(nowMs), limit],
  )
  return rows.map(changedAlert)
}

/** How each of these alerts stands before it is told of again; nobody else changes them until the transaction ends. */
export async function readKnown(sql: Sql, tenantId: string, ids: readonly string[]): Promise<Map<string, { alert: Alert; status: AlertStatus }>> {
  const rows = await sql.query<AlertRecord & { told_at: Date }>(
    'select * from alerting.alerts where tenant_id = $1 and id = any($2::text[]) order by id for update',
    [tenantId, ids],
  )
  return new Map(rows.map((row) => [row.id, { alert: alertOf(row, row.told_at.getTime()), status: row.status }]))
}

function alertItem(row: AlertRecord): AlertItem {
  return {
    id: row.id,
    source: row.source,
    violationId: row.violation_id,
    subject: row.subject,
    rule: row.rule,
    severity: row.severity,
    status: row.status,
    labels: row.labels,
    annotations: row.annotations,
    startsAt: row.starts_at.toISOString(),
    endsAt: row.ends_at?.toISOString() ?? null,
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
    acknowledgedBy: row.acknowledged_by,
    acknowledgedNote: row.acknowledged_note,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}
