import type { Notification } from '@ott/alert-routing/notification'

/** Where a message goes. */
export type Destination =
  /** One integration of a receiver in the tenant's alerting configuration; looked up when it is sent. */
  | { readonly kind: 'receiver'; readonly receiver: string; readonly integration: string }
  /** A webhook that the tenant's partner subscribed. */
  | { readonly kind: 'webhook'; readonly webhookId: string }

/** A message of Standard Webhooks: what happened, when (RFC 3339), and what to. */
export interface EventMessage {
  readonly type: string
  readonly timestamp: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A message that is to reach a destination, at least once. */
export interface NewDelivery {
  readonly tenantId: string
  /** Derived from what it tells of, so that the same news is the same message: the `webhook-id`. One message may go to several destinations. */
  readonly messageId: string
  readonly destination: Destination
  /** Messages of a lane to one destination go out in their order: the next one when the one before is delivered or given up. */
  readonly lane: string
  /** Such as `alert.firing`, `violation.opened`. */
  readonly eventType: string
  readonly content: { readonly kind: 'notification'; readonly notification: Notification } | { readonly kind: 'event'; readonly event: EventMessage }
  readonly traceparent: string | undefined
}
