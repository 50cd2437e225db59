import type { Database } from '@ott/postgres/database'
import { configurationInForce, type Configurations } from '../configuration/configuration-store.ts'
import type { SendDelivery } from '../deliveries/send-result.ts'
import type { SendNotification } from './sender.ts'

export interface SendToReceiverOptions {
  readonly database: Database
  readonly configurations: Configurations
  readonly send: SendNotification
}

/** Finds the integration that a message is for in the configuration in force, and tells it. */
export function sendToReceiver({ database, configurations, send }: SendToReceiverOptions): SendDelivery {
  return async ({ tenantId, destination, content, messageId, attempts, traceparent }, { atMs, signal }) => {
    if (destination.kind !== 'receiver' || content.kind !== 'notification') return { outcome: 'unroutable', error: 'it is no message for a receiver' }
    const { receivers } = await configurationInForce({ database, configurations }, tenantId)
    const receiver = receivers.find(({ name }) => name === destination.receiver)
    const integration = receiver?.integrations.find(({ key }) => key === destination.integration)
    if (integration === undefined) return { outcome: 'unroutable', error: 'the configuration has no such receiver any more' }
    return send(integration, content.notification, { messageId, atMs, attempt: attempts, traceparent, tenantId, signal })
  }
}
