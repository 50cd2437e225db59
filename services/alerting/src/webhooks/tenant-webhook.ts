import type { WebhookEventType } from '@ott/contracts/webhook-event-types'

/** The id that the webhook of a tenant's own configuration goes by. */
export const tenantWebhookId = 'tenant'
/** It gets this and nothing else. */
export const tenantWebhookEventType: WebhookEventType = 'violation.opened'
