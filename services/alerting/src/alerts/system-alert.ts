import type { Labels } from '@ott/alert-routing/alert'
import { destinationKey } from '../deliveries/destination-key.ts'
import type { Destination } from '../deliveries/new-delivery.ts'
import { alertIdOfLabels } from './alert-id.ts'
import type { ToldAlert } from './save-alerts.ts'

export interface SystemAlert {
  readonly tenantId: string
  readonly labels: Labels
  readonly annotations: Labels
  readonly startsAtMs: number
  readonly endsAtMs: number | undefined
}

/** An alert that alerting itself raises, routed like any other. */
export function systemAlert({ tenantId, labels, annotations, startsAtMs, endsAtMs }: SystemAlert, nowMs: number): ToldAlert {
  return {
    ...{ tenantId, labels, annotations, startsAtMs, endsAtMs },
    id: alertIdOfLabels(labels),
    source: 'system',
    generatorUrl: '',
    violationId: undefined,
    violationVersion: 0,
    status: endsAtMs !== undefined && endsAtMs <= nowMs ? 'resolved' : 'firing',
    acknowledgement: undefined,
    traceparent: undefined,
  }
}

/** Fires from when a destination was disabled until it is so no more: see end-recovered.ts. */
export function destinationDisabled(tenantId: string, destination: Destination, error: string, nowMs: number): ToldAlert {
  const which: Labels = destination.kind === 'webhook' ? { webhook: destination.webhookId } : { receiver: destination.receiver, integration: destination.integration }
  const labels = { alertname: 'ReceiverDisabled', severity: 'high', ...which }
  const annotations = { summary: 'Nothing is sent to it any more, until somebody enables it', error, destination: destinationKey(destination) }
  return systemAlert({ tenantId, labels, annotations, startsAtMs: nowMs, endsAtMs: undefined }, nowMs)
}
