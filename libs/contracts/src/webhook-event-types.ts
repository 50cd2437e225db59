/** What webhooks are told of. */
export const webhookEventTypes = [
  'violation.opened',
  'violation.acknowledged',
  'violation.review_started',
  'violation.resolved',
  'violation.false_positive',
  'violation.reopened',
  'violation.severity_changed',
  'violation.assigned',
  'violation.overdue',
  'violation.incident_ended',
  'violation.incident_resumed',
  'alert.firing',
  'alert.acknowledged',
  'alert.resolved',
  'silence.expiring',
  'receiver.disabled',
  'quota.warned',
  'quota.exceeded',
  'webhook.test',
] as const
export type WebhookEventType = (typeof webhookEventTypes)[number]

/** What a subscription may name; `*` is all of it. */
export const subscribableEventTypes = [...webhookEventTypes, '*'] as const
export type SubscribableEventType = (typeof subscribableEventTypes)[number]
