import type { EventScored } from '@ott/contracts/event-scored'
import type { SavedRow } from '@ott/pipeline/define-stage'
import type { Sql } from '@ott/postgres/database'
import { saveProcessed } from './decision-log/save-processed.ts'
import type { ViolationRow } from './judge-violations.ts'
import { eventKeyIn } from './viewer-cases.ts'

type Saved = SavedRow<EventScored, ViolationRow>

/**
 * Writes what a batch decided, one statement a table and kind of change. Repeating it changes nothing.
 * @param processed writes what became of the events
 */
export async function saveViolationRows(rows: readonly Saved[], sql: Sql, nowMs: number, processed = saveProcessed): Promise<void> {
  processed(rows, sql, nowMs)
  closeLapsed(rows, sql)
  openNew(rows, sql)
  prolong(rows, sql)
  saveEvidence(rows, sql)
}

function closeLapsed(rows: readonly Saved[], sql: Sql): void {
  const lapsed = rows.filter(({ row }) => row.table === 'violations' && row.change === 'lapse')
  if (lapsed.length === 0) return
  sql.send(
    `update violation.violations set status = 'lapsed' where status <> 'lapsed' and (tenant_id, id) in (select * from unnest($1::text[], $2::text[]))`,
    [lapsed.map(({ received }) => received.tenantId), lapsed.map(({ row }) => ('id' in row ? row.id : ''))],
  )
}

function openNew(rows: readonly Saved[], sql: Sql): void {
  const opened = rows.flatMap(({ received, row }) => (row.table === 'violations' && row.change === 'open' ? [{ received, row }] : []))
  if (opened.length === 0) return
  // Within one batch a violation may open, lapse and open anew: all but the last of a viewer and rule come in lapsed.
  const last = new Map(opened.map(({ received, row }) => [`${received.tenantId}:${received.subject} ${row.cause.rule}`, row.id]))
  sql.send(
    `insert into violation.violations
       (tenant_id, id, subject, rule, regulation, citation, severity, message, status, opened_at, last_evidence_at, opened_by_event)
     select t, i, s, r, g, c, v, m, w, a, a, e
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::text[])
       as n (t, i, s, r, g, c, v, m, w, a, e)
     on conflict (tenant_id, id) do nothing`,
    [
      opened.map(({ received }) => received.tenantId),
      opened.map(({ row }) => row.id),
      opened.map(({ received }) => received.subject),
      opened.map(({ row }) => row.cause.rule),
      opened.map(({ row }) => row.cause.regulation),
      opened.map(({ row }) => row.cause.citation),
      opened.map(({ row }) => row.cause.severity),
      opened.map(({ row }) => row.cause.message),
      opened.map(({ received, row }) => (last.get(`${received.tenantId}:${received.subject} ${row.cause.rule}`) === row.id ? 'open' : 'lapsed')),
      opened.map(({ received }) => received.time),
      opened.map(({ received }) => received.event.data.event.id),
    ],
  )
}

function prolong(rows: readonly Saved[], sql: Sql): void {
  const latest = new Map<string, { tenantId: string; id: string; atMs: number }>()
  for (const { received, row } of rows) {
    if (row.table !== 'violations' || row.change !== 'prolong') continue
    latest.set(`${received.tenantId} ${row.id}`, { tenantId: received.tenantId, id: row.id, atMs: row.lastEvidenceAtMs })
  }
  if (latest.size === 0) return
  const changes = [...latest.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  sql.send(
    `update violation.violations v set last_evidence_at = greatest(v.last_evidence_at, n.at)
     from unnest($1::text[], $2::text[], $3::timestamptz[]) as n (tenant_id, id, at)
     where v.tenant_id = n.tenant_id and v.id = n.id`,
    [changes.map(({ tenantId }) => tenantId), changes.map(({ id }) => id), changes.map(({ atMs }) => new Date(atMs))],
  )
}

function saveEvidence(rows: readonly Saved[], sql: Sql): void {
  const evidence = rows.flatMap(({ received, row }) => (row.table === 'evidence' ? [{ received, row }] : []))
  if (evidence.length === 0) return
  sql.send(
    `insert into violation.evidence (tenant_id, event_key, rule, violation_id, event_id, at, found)
     select * from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::json[])
     on conflict do nothing`,
    [
      evidence.map(({ received }) => received.tenantId),
      evidence.map(({ received }) => eventKeyIn(received)),
      evidence.map(({ row }) => row.rule),
      evidence.map(({ row }) => row.violationId),
      evidence.map(({ received }) => received.event.data.event.id),
      evidence.map(({ received }) => received.time),
      evidence.map(({ row }) => JSON.stringify(row.values)),
    ],
  )
}
