import type { Cursor } from '@ott/http/page'
import type { Sql } from '@ott/postgres/database'
import { destinationOf, type DueRow } from './due-delivery.ts'
import type { Destination, NewDelivery } from './new-delivery.ts'
import type { DeliveryStatus } from './record-attempt.ts'
import type { SendResult } from './send-result.ts'

export interface DeliveryItem {
  readonly id: string
  /** The `webhook-id`: the same for all destinations of a message. */
  readonly messageId: string
  readonly destination: Destination
  readonly eventType: string
  readonly status: DeliveryStatus
  readonly attempts: number
  readonly lastError: string | null
  readonly createdAt: string
  /** Of a pending one. */
  readonly nextAttemptAt: string | null
  readonly finishedAt: string | null
}

export interface DeliveryAttempt {
  readonly number: number
  readonly startedAt: string
  readonly durationMs: number
  readonly outcome: SendResult['outcome']
  readonly request: SendResult['request'] | null
  readonly response: SendResult['response'] | null
  readonly error: string | null
}

export interface DeliveryFilter {
  readonly webhookId?: string | undefined
  readonly receiver?: string | undefined
  readonly status?: string | undefined
  readonly eventType?: string | undefined
}

interface DeliveryRow extends Pick<DueRow, 'id' | 'message_id' | 'receiver' | 'integration' | 'webhook_id' | 'event_type' | 'attempts'> {
  status: DeliveryStatus
  last_error: string | null
  created_at: Date
  next_attempt_at: Date
  finished_at: Date | null
}

const columns = 'id, message_id, receiver, integration, webhook_id, event_type, attempts, status, last_error, created_at, next_attempt_at, finished_at'
const attemptsShownMax = 100

/** A page of a tenant's deliveries, newest first, one more than the limit where there are more. */
export async function listDeliveries(sql: Sql, tenantId: string, { webhookId, receiver, status, eventType }: DeliveryFilter, { limit, after }: { limit: number; after: Cursor | undefined }): Promise<DeliveryItem[]> {
  const rows = await sql.query<DeliveryRow>(
    `select ${columns} from alerting.deliveries
     where tenant_id = $1 and ($2::text is null or (webhook_id = $2 and destination = 'webhook/' || $2)) and ($3::text is null or receiver = $3)
       and ($4::text is null or status = $4) and ($5::text is null or event_type = $5)
       and ($6::timestamptz is null or (created_at, id) < ($6, $7))
     order by created_at desc, id desc limit $8`,
    [tenantId, webhookId ?? null, receiver ?? null, status ?? null, eventType ?? null, after?.at ?? null, after?.id ?? null, limit + 1],
  )
  return rows.map(deliveryItem)
}

/** One delivery with what was sent and its latest hundred tries, or undefined. */
export async function readDelivery(sql: Sql, tenantId: string, id: string): Promise<(DeliveryItem & { content: NewDelivery['content']; tries: DeliveryAttempt[] }) | undefined> {
  const [row] = await sql.query<DeliveryRow & { content: NewDelivery['content'] }>(`select ${columns}, content from alerting.deliveries where tenant_id = $1 and id = $2`, [tenantId, id])
  if (row === undefined) return undefined
  const tries = await sql.query<{ number: number; started_at: Date; duration_ms: number; outcome: SendResult['outcome']; request: DeliveryAttempt['request']; response: DeliveryAttempt['response']; error: string | null }>(
    'select number, started_at, duration_ms, outcome, request, response, error from alerting.delivery_attempts where tenant_id = $1 and delivery_id = $2 order by number desc limit $3',
    [tenantId, id, attemptsShownMax],
  )
  const shown = tries.toReversed().map(({ started_at: startedAt, duration_ms: durationMs, ...rest }) => ({ ...rest, startedAt: startedAt.toISOString(), durationMs }))
  return { ...deliveryItem(row), content: row.content, tries: shown }
}

function deliveryItem(row: DeliveryRow): DeliveryItem {
  return {
    id: row.id,
    messageId: row.message_id,
    destination: destinationOf(row),
    eventType: row.event_type,
    status: row.status,
    attempts: row.attempts,
    lastError: row.last_error,
    createdAt: row.created_at.toISOString(),
    nextAttemptAt: row.status === 'pending' ? row.next_attempt_at.toISOString() : null,
    finishedAt: row.finished_at?.toISOString() ?? null,
  }
}
