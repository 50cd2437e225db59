/** What webhooks may subscribe to; `*` is all of it. */
export const eventTypes = [
  'violation.opened',
  'violation.acknowledged',
  'violation.review_started',
  'violation.resolved',
  'violation.false_positive',
  'violation.severity_changed',
  'violation.assigned',
  'violation.overdue',
  'violation.incident_ended',
  'alert.firing',
  'alert.acknowledged',
  'alert.resolved',
  'silence.expiring',
  'receiver.disabled',
  'quota.warned',
  'quota.exceeded',
  'webhook.test',
] as const
export type EventType = (typeof eventTypes)[number]

/** What a subscription may name. */
export const subscribableEventTypes = [...eventTypes, '*'] as const
export type SubscribableEventType = (typeof subscribableEventTypes)[number]

/** The id that the webhook of a tenant's own configuration goes by; it gets `violation.opened` and nothing else. */
export const tenantWebhookId = 'tenant'
export const tenantWebhookEventType: EventType = 'violation.opened'
