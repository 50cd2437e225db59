import type { SubscribableEventType } from '@ott/contracts/webhook-event-types'
import type { DestinationHealth } from '../deliveries/destination-health.ts'

export type WebhookSignature = 'v1' | 'v1a'

/** A secret that messages are signed with. */
export interface WebhookSecret {
  /** `whsec_…` or `whsk_…`; leaves the table to sign, and once, when it is made, to its owner. */
  readonly secret: string
  /** `whpk_…`, of a key pair. */
  readonly publicKey?: string
  readonly createdAt: string
  /** When it signs no more; null: it is the one in force. */
  readonly expiresAt: string | null
}

/** An address that a tenant's partner subscribed to event types. */
export interface Webhook {
  readonly id: string
  readonly url: string
  readonly eventTypes: readonly SubscribableEventType[]
  readonly description: string
  readonly signature: WebhookSignature
  readonly secrets: readonly WebhookSecret[]
  /** Grows with every change; the ETag. */
  readonly version: number
  readonly createdAt: string
  readonly updatedAt: string
  readonly health: DestinationHealth
}

/** The secrets that sign at this moment, the one in force first. */
export function liveSecrets(secrets: readonly WebhookSecret[], nowMs: number): readonly WebhookSecret[] {
  const live = secrets.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > nowMs)
  return live.toSorted((a, b) => Number(a.expiresAt !== null) - Number(b.expiresAt !== null))
}

/** Puts a new secret in force; those before it sign too for the overlap, none for longer than it would have. At most two are live. */
export function rotateSecrets(secrets: readonly WebhookSecret[], fresh: WebhookSecret, nowMs: number, overlapMs: number): readonly WebhookSecret[] {
  const [inForce] = liveSecrets(secrets, nowMs)
  if (inForce === undefined || overlapMs <= 0) return [fresh]
  return [fresh, { ...inForce, expiresAt: new Date(nowMs + overlapMs).toISOString() }]
}

/** As the API shows it: without its secrets. */
export function shownWebhook(webhook: Webhook, nowMs: number): object {
  const { id, url, eventTypes, description, signature, createdAt, updatedAt, health } = webhook
  const live = liveSecrets(webhook.secrets, nowMs)
  return {
    id,
    url,
    eventTypes,
    description,
    signature,
    ...(signature === 'v1a' ? { publicKeys: live.map(({ publicKey }) => publicKey) } : {}),
    secrets: live.map(({ createdAt: madeAt, expiresAt }) => ({ createdAt: madeAt, expiresAt })),
    disabled: health.disabledAt !== null,
    ...health,
    createdAt,
    updatedAt,
  }
}
