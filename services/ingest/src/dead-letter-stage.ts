import { derivedId } from '@ott/contracts/derived-id'
import { tenantOfInboundTopic } from '@ott/contracts/topics'
import { tenantIdPattern } from '@ott/contracts/define-event'
import { deadLetterHeaders } from '@ott/pipeline/dead-letter'
import { defineStage, type ReadResult, type Received, type SavedRow } from '@ott/pipeline/define-stage'
import { emit } from '@ott/pipeline/outcome'
import type { InboundRecord } from '@ott/pipeline/record'
import type { Sql } from '@ott/postgres/database'
import { isStorableTime } from './read-inbound.ts'

/** A dead letter as its row. Bytes, key and headers are those of the record it was. */
export interface DeadLetterRow {
  readonly stage: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly reason: string
  readonly detail: string
  readonly attempts: number
  readonly at: string
  readonly eventId: string | null
}

/** Reads any dead letter: headers that are missing, as in one put there by hand, are filled from where it lies. */
export function readDeadLetter(record: InboundRecord): ReadResult<DeadLetterRow> {
  const { headers } = record
  const topic = headers[deadLetterHeaders.topic] ?? record.topic
  const tenantId = tenantOfInboundTopic(topic) ?? tenantOfKey(record.key) ?? 'unknown'
  const partition = Number(headers[deadLetterHeaders.partition] ?? record.partition)
  const offset = headers[deadLetterHeaders.offset] ?? String(record.offset)
  const at = headers[deadLetterHeaders.at]
  const isComplete = Number.isInteger(partition) && /^\d{1,18}$/.test(offset)
  const event: DeadLetterRow = {
    stage: headers[deadLetterHeaders.stage] ?? 'unknown',
    topic: isComplete ? topic : record.topic,
    partition: isComplete ? partition : record.partition,
    offset: isComplete ? offset : String(record.offset),
    reason: headers[deadLetterHeaders.reason] ?? 'unknown',
    detail: (headers[deadLetterHeaders.detail] ?? '').replaceAll('\u0000', ''),
    attempts: Number(headers[deadLetterHeaders.attempts]) || 1,
    at: at !== undefined && !Number.isNaN(Date.parse(at)) ? at : new Date(isStorableTime(record.timestampMs) ? record.timestampMs : 0).toISOString(),
    eventId: eventIdOf(record),
  }
  const id = derivedId(`${event.topic}/${event.partition}/${event.offset}`, record.topic)
  return { ok: true, received: { record, event, tenantId, subject: 'dead-letter', time: event.at, id, traceparent: headers['traceparent'] } }
}

function tenantOfKey(key: string | null): string | undefined {
  const tenant = key?.split(':')[0]
  return tenant !== undefined && tenantIdPattern.test(tenant) ? tenant : undefined
}

/** The producer's event id, where the bytes can be read far enough: lists can then be searched by it. */
function eventIdOf({ value, headers }: InboundRecord): string | null {
  const fromHeader = headers['ce_id']
  if (fromHeader !== undefined) return clean(fromHeader)
  try {
    const body = JSON.parse(value?.toString() ?? '') as { id?: unknown; data?: { event?: { id?: unknown } } } | null
    const id = body?.data?.event?.id ?? body?.id
    return typeof id === 'string' ? clean(id) : null
  } catch {
    return null
  }
}

function clean(id: string): string {
  return id.replaceAll('\u0000', '').slice(0, 256)
}

/** dlq.* → rows that can be listed, searched and redriven. */
export const deadLetterStage = defineStage({
  name: 'dead-letters',
  read: readDeadLetter,
  produces: [],
  load: async (_batch: readonly Received<DeadLetterRow>[], _sql: Sql) => undefined,
  recall: () => undefined,
  decide: ({ event }) => emit<DeadLetterRow>([], [event]),
  save: saveDeadLetters,
})

async function saveDeadLetters(rows: readonly SavedRow<DeadLetterRow, DeadLetterRow>[], sql: Sql): Promise<void> {
  await sql.query(
    `insert into ingest.dead_letters (tenant_id, id, stage, topic, partition, record_offset, reason, detail, attempts, at, event_id, record_key, value, headers)
     select distinct on (1, 2) * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::text[], $8::text[], $9::int[],
       $10::timestamptz[], $11::text[], $12::text[], $13::bytea[], $14::jsonb[])
     on conflict do nothing`,
    [
      rows.map(({ received }) => received.tenantId),
      rows.map(({ received }) => received.id),
      rows.map(({ row }) => row.stage),
      rows.map(({ row }) => row.topic),
      rows.map(({ row }) => row.partition),
      rows.map(({ row }) => row.offset),
      rows.map(({ row }) => row.reason),
      rows.map(({ row }) => row.detail),
      rows.map(({ row }) => row.attempts),
      rows.map(({ row }) => row.at),
      rows.map(({ row }) => row.eventId),
      rows.map(({ received }) => received.record.key?.replaceAll('\u0000', '') ?? null),
      rows.map(({ received }) => received.record.value),
      rows.map(({ received }) => JSON.stringify(originalHeaders(received.record))),
    ],
  )
}

/** The headers the record had before it became a dead letter, without the NUL that jsonb can't hold. */
function originalHeaders({ headers }: InboundRecord): Record<string, string> {
  const added: ReadonlySet<string> = new Set(Object.values(deadLetterHeaders))
  const own = Object.entries(headers).filter(([name]) => !added.has(name))
  return Object.fromEntries(own.map(([name, value]) => [name.replaceAll('\u0000', ''), value.replaceAll('\u0000', '')]))
}
