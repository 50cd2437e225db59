import type { SendDelivery } from './send-result.ts'

/** Sends by the kind of the destination. */
export function createDeliverySender({ toWebhook, toReceiver }: { readonly toWebhook: SendDelivery; readonly toReceiver: SendDelivery }): SendDelivery {
  return (delivery, parts) => (delivery.destination.kind === 'webhook' ? toWebhook : toReceiver)(delivery, parts)
}
