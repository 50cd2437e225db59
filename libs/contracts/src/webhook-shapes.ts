import { z } from 'zod'
import { personal } from './privacy.ts'
import { subscribableEventTypes } from './webhook-event-types.ts'

const time = z.iso.datetime()
const count = z.number().int().min(0)
const eventTypes = z.array(z.enum(subscribableEventTypes)).describe('`*` is all of them.')
const publicKey = z.string().regex(/^whpk_/).describe('Ed25519, to verify `v1a` signatures with.')
const url = z.url({ protocol: /^https?$/ }).max(2_048)
const description = z.string().max(500)

const webhook = z.object({
  id: z.string(),
  url,
  eventTypes,
  description,
  signature: z.enum(['v1', 'v1a']).describe('Standard Webhooks: `v1` is HMAC-SHA256 with a shared secret, `v1a` is Ed25519.'),
  publicKeys: z.array(publicKey).optional().describe('Of `v1a`, the one in force first.'),
  secrets: z.array(z.object({ createdAt: time, expiresAt: time.nullable().describe('Null: it is the one in force.') })).describe('Those that sign at this moment; the secrets themselves are not shown.'),
  disabled: z.boolean(),
  failingSince: time.nullable().describe('Since when every try has failed.'),
  disabledAt: time.nullable(),
  disabledReason: z.enum(['gone', 'failing', 'requested', 'deleted']).nullable().describe('`gone`: it answered 410. `failing`: it took nothing for 120 hours.'),
  createdAt: time,
  updatedAt: time,
})

const withSecret = webhook.extend({
  secret: z.string().regex(/^whsec_/).optional().describe('Of `v1`. Shown here and never again.'),
  publicKey: publicKey.optional().describe('Of `v1a`.'),
})

const status = z.enum(['pending', 'delivered', 'failed', 'skipped']).describe('`skipped`: the destination was disabled, or there was none any more.')

const delivery = z.object({
  id: z.string(),
  messageId: z.string().describe('The `webhook-id`: the same for every try, and for all destinations of a message.'),
  destination: z.union([
    z.object({ kind: z.literal('webhook'), webhookId: z.string().describe("`tenant`: the one of the tenant's own configuration.") }),
    z.object({ kind: z.literal('receiver'), receiver: z.string(), integration: z.string() }),
  ]),
  eventType: z.string(),
  status,
  attempts: count,
  lastError: z.string().nullable(),
  createdAt: time,
  nextAttemptAt: time.nullable().describe('Of a pending one.'),
  finishedAt: time.nullable(),
})

const attempt = z.object({
  number: z.number().int().min(1),
  startedAt: time,
  durationMs: z.number().min(0),
  outcome: z.enum(['accepted', 'refused', 'gone', 'unreachable', 'unroutable']),
  request: z
    .object({
      method: z.string().optional(),
      url: z.string().describe('Without credentials and query.'),
      headers: z.record(z.string(), z.string()).describe('Without secrets.'),
      bytes: count,
      bodySha256: z.string().optional(),
    })
    .nullable(),
  response: z.object({ status: z.number().int(), headers: z.record(z.string(), z.string()), body: z.string().describe('The first 1,024 characters.') }).nullable(),
  error: z.string().nullable(),
})

const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), next: z.string().nullable().describe('Cursor of the page after this one.') })

/** Webhooks, and what was delivered to whom. */
export const webhookShapes = {
  Webhook: webhook,
  WebhookPage: pageOf(webhook),
  WebhookWithSecret: withSecret,
  WebhookRequest: z.strictObject({ url, eventTypes: eventTypes.min(1), description: description.optional(), signature: z.enum(['v1', 'v1a']).optional() }),
  WebhookChange: z.strictObject({ url: url.optional(), eventTypes: eventTypes.min(1).optional(), description: description.optional(), disabled: z.boolean().optional() }).meta({ minProperties: 1 }),
  WebhookRotation: z.strictObject({ overlapSeconds: z.number().int().min(0).max(604_800).optional().describe('How long the old secret signs too; a day unless said.') }),
  WebhookEnabled: z.object({ id: z.string(), wasDisabled: z.boolean() }),
  WebhookTest: z.object({ deliveryId: z.string() }),
  Delivery: delivery,
  DeliveryPage: pageOf(delivery),
  DeliveryDetail: delivery.extend({
    content: personal('sensitive', z.record(z.string(), z.unknown())).describe('What is sent: an event, or a notification of alerts.'),
    tries: z.array(attempt).max(100).describe('The latest, oldest first.'),
  }),
  ResendRequest: z.union([
    z.strictObject({ since: z.iso.datetime({ offset: true }).describe('What was queued from then on.'), includeDelivered: z.boolean().optional() }),
    z.strictObject({ deliveryId: z.string().max(64) }),
  ]),
  Resent: z.object({ count: count.max(10_000), moreSince: time.nullable().describe('Where there was more than goes at a time: since when to ask again.') }),
} as const
