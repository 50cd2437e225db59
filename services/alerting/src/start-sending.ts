import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { Database } from '@ott/postgres/database'
import type { Logger } from '@ott/telemetry/logger'
import type { AlertingStep } from './alerting-steps.ts'
import type { KeepAlerts } from './alerts/keep-alerts.ts'
import { destinationDisabled } from './alerts/system-alert.ts'
import type { Configurations } from './configuration/configuration-store.ts'
import type { AddressGuard } from './deliveries/address-guard.ts'
import type { DeliveryMetrics } from './deliveries/delivery-metrics.ts'
import { createSafeRequest, resolveSafely } from './deliveries/safe-request.ts'
import type { SendDelivery } from './deliveries/send-result.ts'
import { startDeliveries } from './deliveries/start-deliveries.ts'
import { createSender } from './receivers/send-by-kind.ts'
import type { SendNotification } from './receivers/sender.ts'
import { receiverDisabled } from './webhooks/announce-events.ts'
import { createWebhookSender } from './webhooks/send-webhook.ts'

export interface SendingOptions {
  readonly database: Database
  readonly directory: Pick<TenantDirectory, 'get' | 'all'>
  readonly configurations: Configurations
  readonly keep: KeepAlerts
  readonly guard: AddressGuard
  readonly waitsMs: readonly number[]
  readonly metrics: DeliveryMetrics
  readonly log: Logger
  readonly nowMs: () => number
  onStep(step: AlertingStep): void
  onFault(error: unknown): void
}

/** Sends what waits in the outbox to receivers and webhooks, and raises an alert about those that take nothing any more. */
export function startSending({ database, directory, configurations, keep, guard, waitsMs, metrics, log, nowMs, onStep, onFault }: SendingOptions): { stop(): Promise<void> } {
  const request = createSafeRequest({ guard })
  const smtp = {
    async resolve(host: string): Promise<string> {
      const [first] = await resolveSafely(host, guard)
      if (first === undefined) throw new Error('the mail server has no address')
      return first.address
    },
  }
  const toWebhook = createWebhookSender({ request, database, directory })
  const toReceiver = createReceiverSender({ database, configurations, send: createSender({ request, smtp }) })
  const send: SendDelivery = async (delivery, parts) => {
    const result = await (delivery.destination.kind === 'webhook' ? toWebhook : toReceiver)(delivery, parts)
    onStep('sent')
    return result
  }
  return startDeliveries({
    database,
    tenants: () => directory.all().map(({ tenantId }) => tenantId),
    send,
    waitsMs,
    nowMs,
    random: Math.random,
    onFault,
    hooks: {
      onFinished: async () => undefined,
      async onDisabled(sql, disabled, at) {
        const { tenantId, destination, error } = disabled
        const { messageId, lane, event, traceparent } = receiverDisabled(disabled, at)
        log.warn({ tenant: tenantId, destination, error }, 'a receiver is disabled')
        await keep([destinationDisabled(tenantId, destination, { error, sinceMs: at, untilMs: undefined }, at)], [{ tenantId, messageId, lane, traceparent, ...event }], sql, at)
      },
    },
    onTried(delivery, result, status, durationMs) {
      onStep('marked')
      metrics.tried(delivery, result, status, durationMs)
      const { tenantId: tenant, id, attempts, destination } = delivery
      log.info({ tenant, delivery: id, destination, attempts, status, error: result.error }, 'a delivery was tried')
    },
  })
}

/** Finds the integration that a message is for in the configuration in force, and tells it. */
export function createReceiverSender({ database, configurations, send }: Pick<SendingOptions, 'database' | 'configurations'> & { readonly send: SendNotification }): SendDelivery {
  return async ({ tenantId, destination, content, messageId, attempts, traceparent }, { atMs, signal }) => {
    if (destination.kind !== 'receiver' || content.kind !== 'notification') return { outcome: 'unroutable', error: 'it is no message for a receiver' }
    const configuration = await database.transaction([tenantId], async (sql) => (await configurations.inForce(sql, [tenantId])).get(tenantId))
    const receiver = configuration?.receivers.find(({ name }) => name === destination.receiver)
    const integration = receiver?.integrations.find(({ key }) => key === destination.integration)
    if (integration === undefined) return { outcome: 'unroutable', error: 'the configuration has no such receiver any more' }
    return send(integration, content.notification, { messageId, atMs, attempt: attempts, traceparent, signal })
  }
}
