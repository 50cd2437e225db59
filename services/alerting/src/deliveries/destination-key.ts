import type { Destination } from './new-delivery.ts'

/** A destination as one text, the same for the same one: `webhook/4f…`, `receiver/on-call%20team/slack.0`. */
export function destinationKey(destination: Destination): string {
  if (destination.kind === 'webhook') return `webhook/${encodeURIComponent(destination.webhookId)}`
  return `receiver/${encodeURIComponent(destination.receiver)}/${encodeURIComponent(destination.integration)}`
}

/** What the keys of all integrations of a receiver begin with. */
export function receiverKeyPrefix(receiver: string): string {
  return `receiver/${encodeURIComponent(receiver)}/`
}
