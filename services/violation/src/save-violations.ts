import type { EventScored } from '@ott/contracts/event-scored'
import type { SavedRow } from '@ott/pipeline/define-stage'
import { appendToTimeline, timelineHeader } from '@ott/pipeline/stage-timeline'
import type { Sql } from '@ott/postgres/database'
import { saveCases } from './cases/save-cases.ts'
import type { ViolationRow } from './judge-violations.ts'
import { eventKeyIn } from './viewer-cases.ts'

type Saved = SavedRow<EventScored, ViolationRow>

/** Writes what a batch decided, one statement a table and kind of change. Repeating it changes nothing. */
export async function saveViolationRows(rows: readonly Saved[], sql: Sql, nowMs: number): Promise<void> {
  saveProcessed(rows.filter(({ row }) => row.table === 'processed_events'), sql, nowMs)
  saveCases(rows, sql, nowMs)
}

function saveProcessed(rows: readonly Saved[], sql: Sql, nowMs: number): void {
  const timelineOf = ({ record }: Saved['received']) =>
    appendToTimeline(record.headers[timelineHeader], { stage: 'violation', atMs: nowMs, durationMs: Math.max(0, nowMs - record.timestampMs) })
  const data = rows.map(({ received }) => received.event.data)
  sql.send(
    `insert into violation.processed_events
       (tenant_id, event_key, event_id, source, subject, type, event_time, received_at, processed_at, timeline, rule_set_version, findings, risk)
     select t, k, i, s, u, y, e, r, $13::timestamptz, l, v, f, x
     from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::text[], $10::text[], $11::json[], $12::json[])
       as n (t, k, i, s, u, y, e, r, l, v, f, x)
     on conflict (tenant_id, event_key) do nothing`,
    [
      rows.map(({ received }) => received.tenantId),
      rows.map(({ received }) => eventKeyIn(received)),
      data.map(({ event }) => event.id),
      data.map(({ event }) => event.source),
      rows.map(({ received }) => received.subject),
      data.map(({ event }) => event.type),
      data.map(({ event }) => event.time),
      data.map(({ receivedAt }) => receivedAt),
      rows.map(({ received }) => timelineOf(received)),
      data.map(({ ruleSetVersion }) => ruleSetVersion),
      data.map(({ findings }) => JSON.stringify(findings)),
      data.map(({ risk }) => JSON.stringify(risk)),
      new Date(nowMs),
    ],
  )
}
