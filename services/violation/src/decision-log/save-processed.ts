import { randomBytes, randomUUID } from 'node:crypto'
import type { EventScored } from '@ott/contracts/event-scored'
import type { SavedRow } from '@ott/pipeline/define-stage'
import { appendToTimeline, timelineHeader } from '@ott/pipeline/stage-timeline'
import type { Sql } from '@ott/postgres/database'
import type { ViolationRow } from '../judge-violations.ts'
import { eventKeyIn } from '../viewer-cases.ts'
import { hashBytes } from './chain.ts'
import { digestOf, eventContent, type EvidenceGiven } from './decision-content.ts'

type Saved = SavedRow<EventScored, ViolationRow>

/** Entries of a batch of the log: bounds what one step of checking or sealing holds in memory. */
export const batchEntriesMax = 1_000
const saltBytes = 16

/**
 * Writes what became of a batch's events, and, in the same statement, digests of that for the log: an event that is there already adds
 * nothing to either, and none is there without its digest.
 */
export function saveProcessed(rows: readonly Saved[], sql: Sql, nowMs: number): void {
  const processed = firstOfEach(rows)
  if (processed.length === 0) return
  const evidence = evidenceByEvent(rows)
  const chance = randomBytes(saltBytes * processed.length)
  const digests = Buffer.allocUnsafe(hashBytes * processed.length)
  const batches = batchNumbers()
  const processedAt = new Date(nowMs)
  const decided = processed.map(({ received, eventKey }, n) => {
    const { event, receivedAt, ruleSetVersion, findings, risk } = received.event.data
    const { record, tenantId, subject } = received
    const salt = chance.toString('hex', n * saltBytes, (n + 1) * saltBytes)
    const row = {
      eventKey,
      eventId: event.id,
      source: event.source,
      subject,
      type: event.type,
      // To the millisecond, as a Date holds it: what is hashed here is what is read from the row later.
      eventTime: inUtc(event.time),
      receivedAt: inUtc(receivedAt),
      processedAt: processedAt.toISOString(),
      timeline: appendToTimeline(record.headers[timelineHeader], { stage: 'violation', atMs: nowMs, durationMs: Math.max(0, nowMs - record.timestampMs) }),
      ruleSetVersion,
      findings: JSON.stringify(findings),
      risk: JSON.stringify(risk),
    }
    const digest = digestOf(eventContent({ ...row, evidence: evidence.get(`${tenantId} ${eventKey}`) ?? [], salt }))
    digests.write(digest, n * hashBytes, 'hex')
    return { row, tenantId, batch: batches.of(tenantId) }
  })
  sql.send(
    `with given as (
       select *, substring($13::bytea from (place::int - 1) * ${saltBytes} + 1 for ${saltBytes}) as salt, ($15::uuid[])[batch] as batch_id
       from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::text[], $10::text[],
           $11::json[], $12::json[], $14::int[])
         with ordinality as n (tenant_id, event_key, event_id, source, subject, type, event_time, received_at, timeline, rule_set_version, findings, risk, batch, place)
     ), written as (
       insert into violation.processed_events
         (tenant_id, event_key, event_id, source, subject, type, event_time, received_at, processed_at, timeline, rule_set_version, findings, risk, salt, decision_batch)
       select tenant_id, event_key, event_id, source, subject, type, event_time, received_at, $17::timestamptz, timeline, rule_set_version, findings, risk, salt, batch_id
       from given
       on conflict (tenant_id, event_key) do nothing
       returning tenant_id, event_key, decision_batch
     ), batches as (
       insert into violation.decision_batches (tenant_id, id, kind, keys, digests)
       select tenant_id, decision_batch, 'event', array_agg(event_key order by place), string_agg(substring($16::bytea from (place::int - 1) * ${hashBytes} + 1 for ${hashBytes}), ''::bytea order by place)
       from written join unnest($1::text[], $2::uuid[]) with ordinality as n (tenant_id, event_key, place) using (tenant_id, event_key) group by tenant_id, decision_batch
       returning tenant_id, id, cardinality(keys) as entries
     )
     insert into violation.decision_pending (tenant_id, batch_id, entries, since) select tenant_id, id, entries, $17::timestamptz from batches`,
    [
      decided.map(({ tenantId }) => tenantId),
      decided.map(({ row }) => row.eventKey),
      decided.map(({ row }) => row.eventId),
      decided.map(({ row }) => row.source),
      decided.map(({ row }) => row.subject),
      decided.map(({ row }) => row.type),
      decided.map(({ row }) => row.eventTime),
      decided.map(({ row }) => row.receivedAt),
      decided.map(({ row }) => row.timeline),
      decided.map(({ row }) => row.ruleSetVersion),
      decided.map(({ row }) => row.findings),
      decided.map(({ row }) => row.risk),
      chance,
      decided.map(({ batch }) => batch),
      batches.ids,
      digests,
      processedAt,
    ],
  )
}

/** As `toISOString` writes it; mostly it is written so already. */
function inUtc(time: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time) ? time : new Date(time).toISOString()
}

/** An event that stands twice in a batch is written once, and so is its digest. */
function firstOfEach(rows: readonly Saved[]): { readonly received: Saved['received']; readonly eventKey: string }[] {
  const first = new Map<string, { received: Saved['received']; eventKey: string }>()
  for (const { received, row } of rows) {
    if (row.table !== 'processed_events') continue
    const eventKey = eventKeyIn(received)
    const id = `${received.tenantId} ${eventKey}`
    if (!first.has(id)) first.set(id, { received, eventKey })
  }
  return [...first.values()]
}

function evidenceByEvent(rows: readonly Saved[]): Map<string, EvidenceGiven[]> {
  const given = new Map<string, EvidenceGiven[]>()
  for (const { received, row } of rows) {
    if (row.table !== 'evidence') continue
    const id = `${received.tenantId} ${eventKeyIn(received)}`
    const own = given.get(id) ?? []
    own.push({ rule: row.rule, violationId: row.violationId, found: JSON.stringify(row.values) })
    given.set(id, own)
  }
  return given
}

/** A batch for each thousand rows of a tenant; their numbers count from 1. */
function batchNumbers(): { readonly ids: readonly string[]; of(tenantId: string): number } {
  const present = new Map<string, { number: number; rows: number }>()
  const ids: string[] = []
  return {
    ids,
    of(tenantId) {
      let batch = present.get(tenantId)
      if (batch === undefined || batch.rows === batchEntriesMax) present.set(tenantId, (batch = { number: ids.push(randomUUID()), rows: 0 }))
      batch.rows++
      return batch.number
    },
  }
}
