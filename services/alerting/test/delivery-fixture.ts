import type { NewDelivery } from '../src/deliveries/new-delivery.ts'

/** A message of acme's to its webhook `hook`, in a lane of its own unless `lane` says otherwise. */
export function aDelivery(parts: Partial<NewDelivery> = {}): NewDelivery {
  const messageId = parts.messageId ?? 'message-1'
  return {
    tenantId: 'acme',
    messageId,
    destination: { kind: 'webhook', webhookId: 'hook' },
    lane: messageId,
    eventType: 'violation.opened',
    content: { kind: 'event', event: { type: 'violation.opened', timestamp: '2026-03-01T12:00:00Z', data: { violationId: messageId } } },
    traceparent: undefined,
    ...parts,
  }
}
