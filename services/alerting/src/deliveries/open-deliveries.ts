import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { Database, Sql } from '@ott/postgres/database'
import type { Logger } from '@ott/telemetry/logger'
import type { Registry } from '@ott/telemetry/metrics'
import { createAnnouncer, receiverDisabled, type AnnounceEvents } from '../webhooks/announce-events.ts'
import { createWebhookSender } from '../webhooks/send-webhook.ts'
import type { AddressGuard } from './address-guard.ts'
import { destinationKey } from './destination-key.ts'
import { observeBacklog, observeTries } from './observe-deliveries.ts'
import type { DeliveryHooks, DisabledDestination } from './record-attempt.ts'
import { createSafeRequest, type SafeRequest } from './safe-request.ts'
import { createDeliverySender } from './send-delivery.ts'
import type { SendDelivery } from './send-result.ts'
import { startDeliveries } from './start-deliveries.ts'

export interface OpenDeliveriesOptions {
  readonly database: Database
  readonly directory: Pick<TenantDirectory, 'get' | 'all'>
  /** As {@link deliverySettings} read them. */
  readonly settings: { readonly WEBHOOK_ALLOWED_NETWORKS: AddressGuard; readonly DELIVERY_RETRY_SCHEDULE: readonly number[] }
  /** Tells an integration of a receiver in the tenant's alerting configuration. */
  readonly sendToReceiver: (request: SafeRequest) => SendDelivery
  readonly onFinished?: DeliveryHooks['onFinished']
  /** Beside the message `receiver.disabled`, which the tenant's webhooks get in any case. */
  readonly onDisabled?: DeliveryHooks['onDisabled']
  /** After each try, once it is kept. */
  readonly onTried?: () => void
  readonly registry: Registry
  readonly log: Logger
  readonly nowMs: () => number
  readonly random: () => number
  readonly pollMs?: number
}

/** Deliveries as a service has them: sent until stopped, observed, logged, and announced to webhooks. */
export function openDeliveries(options: OpenDeliveriesOptions): { readonly announce: AnnounceEvents; stop(): Promise<void> } {
  const { database, directory, settings, log, registry, nowMs, random } = options
  const request = createSafeRequest({ guard: settings.WEBHOOK_ALLOWED_NETWORKS })
  const announce = createAnnouncer(directory)
  const tenants = () => directory.all().map(({ tenantId }) => tenantId)
  const observe = observeTries(registry)
  observeBacklog(registry, { database, tenants, nowMs })
  const running = startDeliveries({
    database,
    tenants,
    send: createDeliverySender({ toWebhook: createWebhookSender({ request, database, directory }), toReceiver: options.sendToReceiver(request) }),
    waitsMs: settings.DELIVERY_RETRY_SCHEDULE,
    hooks: {
      onFinished: options.onFinished ?? (async () => undefined),
      async onDisabled(sql: Sql, disabled: DisabledDestination, atMs: number) {
        log.warn({ tenant: disabled.tenantId, destination: destinationKey(disabled.destination), reason: disabled.reason }, 'a destination is disabled')
        await announce(sql, disabled.tenantId, [receiverDisabled(disabled, atMs)], atMs)
        await options.onDisabled?.(sql, disabled, atMs)
      },
    },
    nowMs,
    random,
    onTried(delivery, result, status, durationMs) {
      options.onTried?.()
      observe(delivery, result, status, durationMs)
      const { tenantId, id, attempts, destination } = delivery
      log.info({ tenant: tenantId, delivery: id, destination: destinationKey(destination), attempts, status, error: result.error }, 'delivery tried')
    },
    onFault: (error) => log.warn({ error: String(error) }, 'deliveries could not be taken or recorded, repeating'),
    ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }),
  })
  return { announce, stop: running.stop }
}
