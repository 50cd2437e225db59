import { Counter, Histogram, latencyBucketsMs, type Registry } from '@ott/telemetry/metrics'
import type { DueAlert, DeliveryResult } from './alert-store.ts'
import type { PostWebhook } from './webhook.ts'

/** Counts and times what is tried with the tenants' receivers. */
export interface DeliveryMetrics {
  tried(alert: Pick<DueAlert, 'tenantId'>, result: Pick<DeliveryResult, 'status'>): void
  /** The same sender, timed. */
  timed(post: PostWebhook): PostWebhook
}

export function observeDeliveries(registry: Registry): DeliveryMetrics {
  const tries = new Counter({
    name: 'ott_webhook_deliveries_total',
    help: 'Tries to deliver an alert, by what they came to; pending: it failed and will be tried again.',
    labelNames: ['tenant', 'outcome'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'ott_webhook_duration_ms',
    help: "Time until a receiver answered, or was given up on.",
    labelNames: ['outcome'],
    buckets: latencyBucketsMs,
    registers: [registry],
  })
  return {
    tried: ({ tenantId }, { status }) => tries.inc({ tenant: tenantId, outcome: status }),
    timed: (post) => async (message) => {
      const startedAtMs = performance.now()
      const error = await post(message)
      durations.observe({ outcome: error === undefined ? 'ok' : 'error' }, performance.now() - startedAtMs)
      return error
    },
  }
}
