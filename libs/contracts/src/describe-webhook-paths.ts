import { answer, json, pageParameters, pathId, problems, query } from './openapi-parts.ts'

const webhooks = ['webhooks']
const deliveries = ['deliveries']
const ifMatch = { name: 'if-match', in: 'header', required: false, description: 'The ETag of the webhook: refused when somebody has changed it since.', schema: { type: 'string' } }
const etag = { etag: { description: 'Of its state; may be sent as If-Match.', schema: { type: 'string' } } }
const withEtag = (description: string, shape: 'Webhook' | 'WebhookWithSecret') => {
  const { headers, ...rest } = answer(description, shape) as { headers: object }
  return { ...rest, headers: { ...headers, ...etag } }
}
const statusQuery = query('status', 'Only these.', { type: 'string', enum: ['pending', 'delivered', 'failed', 'skipped'] })
const typeQuery = query('eventType', 'Of this type.')

/** Webhooks of a tenant's partners, and the log of what was delivered. */
export const webhookPaths = {
  '/v1/webhooks': {
    get: { operationId: 'listWebhooks', tags: webhooks, summary: 'Webhooks, newest first', parameters: pageParameters, responses: { 200: answer('A page.', 'WebhookPage'), ...problems(400) } },
    post: {
      operationId: 'createWebhook',
      tags: webhooks,
      summary: 'Subscribes an address to event types',
      requestBody: { required: true, content: json('WebhookRequest') },
      responses: { 201: withEtag('The webhook, with its secret this once.', 'WebhookWithSecret'), ...problems(400, 409, 413, 415) },
    },
  },
  '/v1/webhooks/{id}': {
    get: { operationId: 'getWebhook', tags: webhooks, summary: 'One webhook and how it fares', parameters: [pathId], responses: { 200: withEtag('The webhook.', 'Webhook'), ...problems(404) } },
    patch: {
      operationId: 'changeWebhook',
      tags: webhooks,
      summary: 'Changes a webhook; what is absent stays as it is',
      parameters: [pathId, ifMatch],
      requestBody: { required: true, content: json('WebhookChange') },
      responses: { 200: withEtag('The webhook as it is now.', 'Webhook'), ...problems(400, 404, 412, 413, 415) },
    },
    delete: {
      operationId: 'deleteWebhook',
      tags: webhooks,
      summary: 'Ends a subscription; its deliveries stay listed',
      parameters: [pathId, ifMatch],
      responses: { 204: { description: 'It is gone.' }, ...problems(404, 412) },
    },
  },
  '/v1/webhooks/{id}:rotate-secret': {
    post: {
      operationId: 'rotateWebhookSecret',
      tags: webhooks,
      summary: 'Signs with a new secret; the old one signs too for a while',
      parameters: [pathId, ifMatch],
      requestBody: { required: false, content: json('WebhookRotation') },
      responses: { 200: withEtag('The webhook, with the new secret this once.', 'WebhookWithSecret'), ...problems(400, 404, 412, 413, 415) },
    },
  },
  '/v1/webhooks/{id}:enable': {
    post: {
      operationId: 'enableWebhook',
      tags: webhooks,
      summary: 'Lets a disabled webhook have messages again; `tenant` is the one of the tenant\'s own configuration',
      parameters: [pathId],
      responses: { 200: answer('Whether it was disabled.', 'WebhookEnabled'), ...problems(404) },
    },
  },
  '/v1/webhooks/{id}:test': {
    post: {
      operationId: 'testWebhook',
      tags: webhooks,
      summary: 'Sends it `webhook.test`',
      parameters: [pathId, ifMatch],
      responses: { 202: answer('The delivery to look at.', 'WebhookTest'), ...problems(404, 409, 412) },
    },
  },
  '/v1/webhooks/{id}/deliveries': {
    get: {
      operationId: 'listWebhookDeliveries',
      tags: webhooks,
      summary: 'What was delivered to a webhook, newest first',
      parameters: [pathId, ...pageParameters, statusQuery, typeQuery],
      responses: { 200: answer('A page.', 'DeliveryPage'), ...problems(400, 404) },
    },
  },
  '/v1/webhooks/{id}/deliveries:resend': {
    post: {
      operationId: 'resendWebhookDeliveries',
      tags: webhooks,
      summary: 'Sends again what failed or was skipped since a moment, or one delivery',
      parameters: [pathId],
      requestBody: { required: true, content: json('ResendRequest') },
      responses: { 202: answer('How many.', 'Resent'), ...problems(400, 404, 409, 413, 415) },
    },
  },
  '/v1/deliveries': {
    get: {
      operationId: 'listDeliveries',
      tags: deliveries,
      summary: 'What was delivered to receivers and webhooks, newest first',
      parameters: [...pageParameters, query('receiver', 'To this receiver.'), query('webhookId', 'To this webhook.'), statusQuery, typeQuery],
      responses: { 200: answer('A page.', 'DeliveryPage'), ...problems(400) },
    },
  },
  '/v1/deliveries/{id}': {
    get: { operationId: 'getDelivery', tags: deliveries, summary: 'One delivery with each of its tries', parameters: [pathId], responses: { 200: answer('The delivery.', 'DeliveryDetail'), ...problems(404) } },
  },
  '/v1/deliveries/{id}:resend': {
    post: {
      operationId: 'resendDelivery',
      tags: deliveries,
      summary: 'Sends one again, or at once when it waits for its next try',
      parameters: [pathId],
      responses: { 202: answer('How many.', 'Resent'), ...problems(404, 409) },
    },
  },
}
