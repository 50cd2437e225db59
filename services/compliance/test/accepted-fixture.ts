import { buildEvent } from '@ott/contracts/define-event'
import { eventAccepted, type EventAccepted } from '@ott/contracts/event-accepted'
import type { Received } from '@ott/pipeline/define-stage'

export interface AcceptedParts {
  readonly tenantId?: string
  readonly subject?: string
  readonly time?: string
  readonly receivedAt?: string
  readonly partition?: number
}

/** An accepted event as the stage receives it. Its id is its key. */
export function anAccepted(id: string, type: string, data: Record<string, unknown>, parts: AcceptedParts = {}): Received<EventAccepted> {
  const { tenantId = 'acme', subject = 'viewer-1', time = '2026-03-01T12:00:00.000Z', partition = 0 } = parts
  const event = buildEvent(eventAccepted, {
    id,
    subject,
    time,
    tenantid: tenantId,
    data: { event: { id, source: '/app', type, time, data }, receivedAt: parts.receivedAt ?? time },
  })
  const record = { topic: eventAccepted.topic, partition, offset: 0n, timestampMs: 0, key: `${tenantId}:${subject}`, value: null, headers: {} }
  return { record, event, tenantId, subject, time, id, traceparent: undefined }
}
