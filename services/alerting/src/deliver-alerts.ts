import { alertChanged } from '@ott/contracts/alert-changed'
import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { derivedId } from '@ott/contracts/derived-id'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { Bus } from '@ott/pipeline/bus'
import { fullJitter, sleep } from '@ott/pipeline/back-off'
import type { Database } from '@ott/postgres/database'
import { recordDelivery, takeDueAlerts, type DeliveryResult, type DueAlert } from './alert-store.ts'
import type { PostWebhook } from './webhook.ts'

export interface DeliverySettings {
  /** Tries until an alert counts as failed. */
  readonly attemptsMax: number
  readonly backOff: { readonly firstMs: number; readonly maxMs: number }
  readonly pollMs: number
  readonly concurrency: number
}

export interface DelivererOptions {
  readonly database: Database
  readonly bus: Pick<Bus, 'publish'>
  readonly directory: Pick<TenantDirectory, 'get' | 'all'>
  readonly post: PostWebhook
  readonly settings: DeliverySettings
  readonly nowMs: () => number
  readonly random: () => number
  onFault(error: unknown): void
  onDelivery(alert: DueAlert, result: DeliveryResult): void
}

const leaseMs = 30_000

/** Delivers pending alerts until stopped. At least once: a receiver tells repeats by `webhook-id`, which stays the same. */
export function startDeliverer(options: DelivererOptions): { stop(): Promise<void> } {
  const { settings } = options
  const stopping = new AbortController()
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      let taken = 0
      try {
        taken = await deliverDue(options)
      } catch (error) {
        options.onFault(error)
        await sleep(1_000, stopping.signal)
      }
      if (taken === 0) await sleep(settings.pollMs, stopping.signal)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await loop
    },
  }
}

async function deliverDue(options: DelivererOptions): Promise<number> {
  const { database, directory, settings, nowMs } = options
  const tenants = directory.all().map(({ tenantId }) => tenantId)
  if (tenants.length === 0) return 0
  const due = await takeDueAlerts(database, tenants, settings.concurrency, nowMs(), leaseMs)
  await Promise.all(due.map((alert) => deliver(alert, options)))
  return due.length
}

async function deliver(alert: DueAlert, options: DelivererOptions): Promise<void> {
  const { directory, post, nowMs, database } = options
  const webhook = directory.get(alert.tenantId)?.webhook
  const error =
    webhook === undefined ? undefined : await post({ ...webhook, id: alert.id, atMs: nowMs(), body: JSON.stringify(alert.payload), tenantId: alert.tenantId, attempt: alert.attempts, traceparent: alert.traceparent })
  const result = webhook === undefined ? { status: 'unrouted' as const, error: 'the tenant names no receiver any more' } : resultOf(alert, error, options)
  // Told before it is recorded: a crash in between tells it twice, with the same id, rather than never.
  if (result.status !== 'pending') await publishChange(alert, result.status, options.bus)
  await recordDelivery(database, alert, result, nowMs())
  options.onDelivery(alert, result)
}

/** What a try means for the alert: delivered, tried again later with jitter, or given up. Pure but for the jitter. */
export function resultOf(alert: Pick<DueAlert, 'attempts'>, error: string | undefined, { settings, nowMs, random }: Pick<DelivererOptions, 'settings' | 'nowMs' | 'random'>): DeliveryResult {
  if (error === undefined) return { status: 'delivered' }
  if (alert.attempts >= settings.attemptsMax) return { status: 'failed', error }
  // Half of the wait is certain, so that a receiver that is down isn't called at once again.
  const waitMs = fullJitter(alert.attempts - 1, () => 0.5 + random() / 2, settings.backOff)
  return { status: 'pending', error, again: new Date(nowMs() + waitMs) }
}

async function publishChange({ tenantId, subject, id, violationId, rule, severity, eventTime, traceparent }: DueAlert, status: 'delivered' | 'failed' | 'unrouted', bus: Pick<Bus, 'publish'>): Promise<void> {
  const event = buildEvent(alertChanged, {
    id: derivedId(id, alertChanged.topic, status),
    subject,
    time: eventTime,
    tenantid: tenantId,
    data: { alertId: id, violationId, rule, severity, status },
  })
  await bus.publish([{ topic: alertChanged.topic, key: recordKeyOf(event), value: JSON.stringify(event), headers: traceparent === undefined ? {} : { traceparent } }])
}
