import type { Received, SavedRow } from '@ott/pipeline/define-stage'
import type { Database, Sql } from '@ott/postgres/database'
import type { Claim, IngestRow } from './admit.ts'
import { saveAttackFindings } from './attack-finding-store.ts'
import type { InboundEvent } from './read-inbound.ts'
import { eventKeyDays } from './schema.ts'

const dayMs = 24 * 3_600_000

interface ClaimRow {
  tenant_id: string
  event_key: string
  partition: number
  record_offset: string
}

/** `tenant key` → the record that holds the key. */
export type Claims = ReadonlyMap<string, Claim>

export function claimId(tenantId: string, eventKey: string): string {
  return `${tenantId} ${eventKey}`
}

/**
 * Claims the keys of a batch for the records that carry them and answers who holds each. Inserting and asking in one
 * statement leaves no gap in which two members could both take an event for new; keys are sorted so that they can't deadlock.
 */
export async function claimEventKeys(batch: readonly Received<InboundEvent>[], sql: Sql): Promise<Claims> {
  const first = new Map<string, Received<InboundEvent>>()
  for (const received of batch) {
    const id = claimId(received.tenantId, received.event.eventKey)
    if (!first.has(id)) first.set(id, received)
  }
  const wanted = [...first.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, received]) => received)
  const rows = await sql.query<ClaimRow>(
    `insert into ingest.event_keys as held (tenant_id, event_key, partition, record_offset, seen_at)
     select * from unnest($1::text[], $2::uuid[], $3::int[], $4::bigint[], $5::timestamptz[])
     on conflict (tenant_id, event_key) do update set seen_at = held.seen_at
     returning tenant_id, replace(event_key::text, '-', '') as event_key, partition, record_offset`,
    [
      wanted.map(({ tenantId }) => tenantId),
      wanted.map(({ event }) => event.eventKey),
      wanted.map(({ record }) => record.partition),
      wanted.map(({ record }) => String(record.offset)),
      wanted.map(({ record }) => new Date(record.timestampMs)),
    ],
  )
  return claimsOf(rows)
}

/** Who holds the keys of a batch, without claiming any. */
export async function findClaims(batch: readonly Received<InboundEvent>[], sql: Sql): Promise<Claims> {
  const rows = await sql.query<ClaimRow>(
    `select tenant_id, replace(event_key::text, '-', '') as event_key, partition, record_offset from ingest.event_keys
     where (tenant_id, event_key) in (select * from unnest($1::text[], $2::uuid[]))`,
    [batch.map(({ tenantId }) => tenantId), batch.map(({ event }) => event.eventKey)],
  )
  return claimsOf(rows)
}

function claimsOf(rows: readonly ClaimRow[]): Claims {
  return new Map(rows.map((row) => [claimId(row.tenant_id, row.event_key), { partition: row.partition, offset: BigInt(row.record_offset) }]))
}

/** Writes what a batch decided: one statement a table, repeatable. */
export async function saveIngestRows(rows: readonly SavedRow<InboundEvent, IngestRow>[], sql: Sql): Promise<void> {
  const raw = rows.flatMap(({ received, row }) => (row.table === 'raw_events' ? [{ received, row }] : []))
  if (raw.length > 0) {
    sql.send(
      `insert into ingest.raw_events (tenant_id, partition, record_offset, received_at, event_key, event)
       select * from unnest($1::text[], $2::int[], $3::bigint[], $4::timestamptz[], $5::uuid[], $6::bytea[])
       on conflict do nothing`,
      [...coordinateColumns(raw), raw.map(({ received }) => received.event.eventKey), raw.map(({ row }) => row.json)],
    )
  }
  const discarded = rows.flatMap(({ received, row }) => (row.table === 'discarded_events' ? [{ received, row }] : []))
  if (discarded.length > 0) {
    sql.send(
      `insert into ingest.discarded_events (tenant_id, partition, record_offset, at, event_id, outcome, reason)
       select * from unnest($1::text[], $2::int[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[])
       on conflict do nothing`,
      [
        ...coordinateColumns(discarded),
        discarded.map(({ received }) => received.event.event.id),
        discarded.map(({ row }) => row.outcome),
        discarded.map(({ row }) => row.reason),
      ],
    )
  }
  saveAttackFindings(rows, sql)
}

function coordinateColumns(rows: readonly { received: Received<InboundEvent> }[]): unknown[][] {
  return [
    rows.map(({ received }) => received.tenantId),
    rows.map(({ received }) => received.record.partition),
    rows.map(({ received }) => String(received.record.offset)),
    rows.map(({ received }) => new Date(received.record.timestampMs)),
  ]
}

/** Makes today's partition of raw_events and the next three days'. */
export async function ensureRawEventDays(database: Database, nowMs: number): Promise<void> {
  await database.transaction([], async (sql) => {
    for (let day = 0; day <= 3; day++) {
      await sql.query('select ingest.ensure_raw_events_day($1::date)', [new Date(nowMs + day * dayMs).toISOString().slice(0, 10)])
    }
  })
}

/**
 * Forgets keys older than the time within which duplicates are looked for, but none whose decision is still kept: the
 * event would be taken on again and then be no news to the table that counts it.
 */
export async function forgetOldEventKeys(database: Database, tenants: readonly string[], nowMs: number): Promise<void> {
  await database.transaction(tenants, (sql) =>
    sql.query(
      `delete from ingest.event_keys k where seen_at < $1
         and not exists (select from violation.processed_events p where p.tenant_id = k.tenant_id and p.event_key = k.event_key)`,
      [new Date(nowMs - eventKeyDays * dayMs)],
    ),
  )
}
