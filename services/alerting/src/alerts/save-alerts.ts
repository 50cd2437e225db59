import type { Alert } from '@ott/alert-routing/alert'
import type { AlertStatus } from '@ott/contracts/alert-changed'
import { severity as severitySchema } from '@ott/contracts/severity'
import type { Sql } from '@ott/postgres/database'

/** An alert as somebody told of it just now. */
export interface ToldAlert extends Pick<Alert, 'id' | 'labels' | 'annotations' | 'startsAtMs' | 'endsAtMs'> {
  readonly tenantId: string
  readonly source: 'violation' | 'api' | 'system'
  readonly generatorUrl: string
  readonly violationId: string | undefined
  /** 0 where no violation raised it. */
  readonly violationVersion: number
  readonly status: AlertStatus
  readonly acknowledgement: { readonly atMs: number; readonly by: string; readonly note: string | undefined } | undefined
  readonly traceparent: string | undefined
}

/** An alert as it is kept after it was told of. */
export interface SavedAlert extends Alert {
  readonly tenantId: string
  readonly status: AlertStatus
}

interface SavedRow {
  tenant_id: string
  id: string
  labels: Record<string, string>
  annotations: Record<string, string>
  starts_at: Date
  ends_at: Date | null
  status: AlertStatus
  acknowledged_at: Date | null
}

/**
 * Writes alerts in one statement, each id once. An acknowledgement lasts until the alert ends, whatever else is told of it; what an older version
 * of a violation says is left out, and the row answered as it is.
 */
export async function saveAlerts(alerts: readonly ToldAlert[], sql: Sql, nowMs: number): Promise<SavedAlert[]> {
  if (alerts.length === 0) return []
  const rows = [...alerts].sort((a, b) => (a.tenantId + a.id < b.tenantId + b.id ? -1 : 1))
  const now = new Date(nowMs)
  const saved = await sql.query<SavedRow>(
    `insert into alerting.alerts as a
       (tenant_id, id, source, violation_id, subject, rule, severity, labels, annotations, generator_url, starts_at, ends_at, status,
        acknowledged_at, acknowledged_by, acknowledged_note, violation_version, traceparent, told_at, created_at, updated_at)
     select t, i, o, v, l->>'subject', coalesce(l->>'alertname', ''), g, l, n, u, s, e, w, ka, kb, kn, x, p, $17::timestamptz, $17::timestamptz, $17::timestamptz
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[], $8::text[], $9::timestamptz[], $10::timestamptz[], $11::text[],
       $12::timestamptz[], $13::text[], $14::text[], $15::int[], $16::text[]) as r (t, i, o, v, g, l, n, u, s, e, w, ka, kb, kn, x, p)
     on conflict (tenant_id, id) do update set
       violation_id = coalesce(a.violation_id, excluded.violation_id), severity = excluded.severity, labels = excluded.labels, annotations = excluded.annotations,
       generator_url = excluded.generator_url, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
       status = case when excluded.status = 'firing' and a.status = 'acknowledged' then 'acknowledged' else excluded.status end,
       acknowledged_at = case when excluded.status = 'resolved' then null when excluded.acknowledged_at is not null then excluded.acknowledged_at
         when a.status = 'acknowledged' then a.acknowledged_at end,
       acknowledged_by = case when excluded.status = 'resolved' then null when excluded.acknowledged_at is not null then excluded.acknowledged_by
         when a.status = 'acknowledged' then a.acknowledged_by end,
       acknowledged_note = case when excluded.status = 'resolved' then null when excluded.acknowledged_at is not null then excluded.acknowledged_note
         when a.status = 'acknowledged' then a.acknowledged_note end,
       violation_version = excluded.violation_version, told_at = excluded.told_at, updated_at = excluded.updated_at
       where a.source <> 'violation' or excluded.violation_version > a.violation_version
     returning tenant_id, id, labels, annotations, starts_at, ends_at, status, acknowledged_at`,
    [
      rows.map(({ tenantId }) => tenantId),
      rows.map(({ id }) => id),
      rows.map(({ source }) => source),
      rows.map(({ violationId }) => violationId ?? null),
      rows.map(({ labels }) => severitySchema.safeParse(labels['severity']).data ?? null),
      rows.map(({ labels }) => JSON.stringify(labels)),
      rows.map(({ annotations }) => JSON.stringify(annotations)),
      rows.map(({ generatorUrl }) => generatorUrl),
      rows.map(({ startsAtMs }) => new Date(startsAtMs)),
      rows.map(({ endsAtMs }) => (endsAtMs === undefined ? null : new Date(endsAtMs))),
      rows.map(({ status }) => status),
      rows.map(({ acknowledgement }) => (acknowledgement === undefined ? null : new Date(acknowledgement.atMs))),
      rows.map(({ acknowledgement }) => acknowledgement?.by ?? null),
      rows.map(({ acknowledgement }) => acknowledgement?.note ?? null),
      rows.map(({ violationVersion }) => violationVersion),
      rows.map(({ traceparent }) => traceparent ?? null),
      now,
    ],
  )
  return saved.map((row) => ({ tenantId: row.tenant_id, status: row.status, ...alertOf(row, nowMs) }))
}

/** What of a row decisions about an alert need. */
export type AlertColumns = Pick<SavedRow, 'id' | 'labels' | 'annotations' | 'starts_at' | 'ends_at' | 'acknowledged_at'>

/** A row as the decisions about it want it. */
export function alertOf({ id, labels, annotations, starts_at, ends_at, acknowledged_at }: AlertColumns, updatedAtMs: number): Alert {
  return {
    id,
    labels,
    annotations,
    startsAtMs: starts_at.getTime(),
    endsAtMs: ends_at?.getTime(),
    updatedAtMs,
    isAcknowledged: acknowledged_at !== null,
  }
}
