import type { Destination, NewDelivery } from './new-delivery.ts'

/** A delivery that a process has in hand. */
export interface DueDelivery extends NewDelivery {
  readonly id: string
  /** Tries so far, this one included. */
  readonly attempts: number
  /** The same since it was last sent again by hand: what the schedule counts. */
  readonly tries: number
  /** Set where its destination was disabled between its writing and now: then nothing is sent. */
  readonly isDestinationDisabled: boolean
}

/** A row of `alerting.deliveries`, as far as sending needs it. */
export interface DueRow {
  tenant_id: string
  id: string
  message_id: string
  receiver: string | null
  integration: string | null
  webhook_id: string | null
  lane: string
  event_type: string
  content: NewDelivery['content']
  traceparent: string | null
  attempts: number
  attempts_before_resend: number
  destination_disabled: boolean
}

export function dueDelivery(row: DueRow): DueDelivery {
  return {
    tenantId: row.tenant_id,
    id: row.id,
    messageId: row.message_id,
    destination: destinationOf(row),
    lane: row.lane,
    eventType: row.event_type,
    content: row.content,
    traceparent: row.traceparent ?? undefined,
    attempts: row.attempts,
    tries: row.attempts - row.attempts_before_resend,
    isDestinationDisabled: row.destination_disabled,
  }
}

export function destinationOf({ receiver, integration, webhook_id: webhookId }: Pick<DueRow, 'receiver' | 'integration' | 'webhook_id'>): Destination {
  if (webhookId !== null) return { kind: 'webhook', webhookId }
  return { kind: 'receiver', receiver: receiver ?? '', integration: integration ?? '' }
}
