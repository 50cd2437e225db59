import type { Cursor } from '@ott/http/page'
import { sourceRecordHeader } from '@ott/pipeline/outbound-records'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { Database } from '@ott/postgres/database'

export interface DeadLetterFilter {
  readonly stage?: string | undefined
  readonly reason?: string | undefined
  readonly status?: string | undefined
  readonly eventId?: string | undefined
}

export interface DeadLetterItem {
  readonly id: string
  readonly stage: string
  readonly reason: string
  readonly detail: string
  readonly at: string
  readonly attempts: number
  readonly eventId: string | null
  readonly status: string
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number }
  /** The bytes as they came, as text. */
  readonly value: string | null
}

interface LetterRow {
  id: string
  stage: string
  reason: string
  detail: string
  at: Date
  attempts: number
  event_id: string | null
  status: string
  topic: string
  partition: number
  record_offset: string
  record_key: string | null
  value: Buffer | null
  headers: Record<string, string>
}

/** A page of a tenant's dead letters, oldest first, one row more than the limit where there are more. */
export async function listDeadLetters(
  database: Database,
  tenantId: string,
  filter: DeadLetterFilter,
  page: { limit: number; after: Cursor | undefined },
): Promise<DeadLetterItem[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<LetterRow>(
      `select * from ingest.dead_letters
       where tenant_id = $1
         and ($2::text is null or stage = $2) and ($3::text is null or reason = $3)
         and ($4::text is null or status = $4) and ($5::text is null or event_id = $5)
         and ($6::timestamptz is null or (date_trunc('milliseconds', at), id) > ($6, $7))
       order by date_trunc('milliseconds', at), id limit $8`,
      [tenantId, filter.stage ?? null, filter.reason ?? null, filter.status ?? null, filter.eventId ?? null, page.after?.at ?? null, page.after?.id ?? null, page.limit + 1],
    ),
  )
  return rows.map((row) => ({
    id: row.id,
    stage: row.stage,
    reason: row.reason,
    detail: row.detail,
    at: row.at.toISOString(),
    attempts: row.attempts,
    eventId: row.event_id,
    status: row.status,
    origin: { topic: row.topic, partition: row.partition, offset: Number(row.record_offset) },
    value: row.value?.toString() ?? null,
  }))
}

export interface RedriveRequest {
  readonly ids?: readonly string[] | undefined
  readonly stage?: string | undefined
  readonly reason?: string | undefined
  /** Only those whose redrive began before this and was never finished. */
  readonly interruptedBefore?: Date | undefined
}

/**
 * Puts dead letters back where they came from, with their own bytes, key and headers, hence their own id. They are marked
 * before they are published: a crash in between leaves them marked `redriving`, and the next
 * redrive takes them along.
 * @returns how many were put back
 */
export async function redriveDeadLetters(
  database: Database,
  tenantId: string,
  { ids, stage, reason, interruptedBefore }: RedriveRequest,
  limit: number,
  publish: (records: readonly OutboundRecord[]) => Promise<void>,
): Promise<number> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<LetterRow>(
      `update ingest.dead_letters set status = 'redriving', redriven_at = now()
       where tenant_id = $1 and id in (
         select id from ingest.dead_letters
         where tenant_id = $1 and status in ('dead', 'redriving')
           and ($2::text[] is null or id = any($2)) and ($3::text is null or stage = $3) and ($4::text is null or reason = $4)
           and ($6::timestamptz is null or (status = 'redriving' and redriven_at < $6))
         order by at, id limit $5 for update skip locked)
       returning *`,
      [tenantId, ids ?? null, stage ?? null, reason ?? null, limit, interruptedBefore ?? null],
    ),
  )
  if (rows.length === 0) return 0
  const inOrder = rows.sort((a, b) => a.at.getTime() - b.at.getTime() || a.partition - b.partition || Number(BigInt(a.record_offset) - BigInt(b.record_offset)))
  await publish(inOrder.map(({ topic, record_key: key, value, headers: { [sourceRecordHeader]: _old, ...headers } }) => ({ topic, key, value, headers })))
  await database.transaction([tenantId], (sql) =>
    sql.query(`update ingest.dead_letters set status = 'redriven' where tenant_id = $1 and id = any($2)`, [tenantId, rows.map(({ id }) => id)]),
  )
  return rows.length
}
