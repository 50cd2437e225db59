import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { derivedId } from '@ott/contracts/derived-id'
import type { Sql } from '@ott/postgres/database'
import { destinationKey } from '../deliveries/destination-key.ts'
import type { EventMessage, NewDelivery } from '../deliveries/new-delivery.ts'
import { queueDeliveries } from '../deliveries/queue-deliveries.ts'
import type { DisabledDestination } from '../deliveries/record-attempt.ts'
import { tenantWebhookEventType, tenantWebhookId } from './tenant-webhook.ts'
import { readSubscribers } from './webhook-store.ts'

export interface Announcement {
  /** As in {@link NewDelivery}: derived from the news. */
  readonly messageId: string
  readonly lane: string
  readonly event: EventMessage
  readonly traceparent: string | undefined
}

/** Queues a delivery of each event to each webhook of the tenant that subscribed to its type, in the caller's transaction. */
export type AnnounceEvents = (sql: Sql, tenantId: string, events: readonly Announcement[], nowMs: number) => Promise<void>

export function createAnnouncer(directory: Pick<TenantDirectory, 'get'>): AnnounceEvents {
  return async (sql, tenantId, events, nowMs) => {
    if (events.length === 0) return
    const subscribers = await readSubscribers(sql, tenantId, [...new Set(events.map(({ event }) => event.type))])
    const own = directory.get(tenantId)?.webhook === undefined ? [] : [tenantWebhookId]
    const webhooksOf = (type: string) => [...(subscribers.get(type) ?? []), ...(type === tenantWebhookEventType ? own : [])]
    const deliveries = events.flatMap((announcement) => webhooksOf(announcement.event.type).map((webhookId) => eventDelivery(tenantId, webhookId, announcement)))
    await queueDeliveries(sql, deliveries, nowMs)
  }
}

export function eventDelivery(tenantId: string, webhookId: string, { messageId, lane, event, traceparent }: Announcement): NewDelivery {
  return { tenantId, messageId, destination: { kind: 'webhook', webhookId }, lane, eventType: event.type, content: { kind: 'event', event }, traceparent }
}

/** The news that a destination was disabled by itself. */
export function receiverDisabled({ tenantId, destination, reason, error }: DisabledDestination, nowMs: number): Announcement {
  const timestamp = new Date(nowMs).toISOString()
  const key = destinationKey(destination)
  const named = destination.kind === 'webhook' ? { webhookId: destination.webhookId } : { receiver: destination.receiver, integration: destination.integration }
  return {
    messageId: derivedId(`${tenantId} ${key}`, 'receiver.disabled', timestamp),
    lane: key,
    event: { type: 'receiver.disabled', timestamp, data: { ...named, reason, error } },
    traceparent: undefined,
  }
}
