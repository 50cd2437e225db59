import type { AlertingConfiguration, Integration } from '@ott/alert-routing/configuration'
import type { FlushedNotification } from '@ott/alert-routing/flush-group'
import { notificationOf } from '@ott/alert-routing/notification'
import { derivedId } from '@ott/contracts/derived-id'
import type { NewDelivery } from '../deliveries/new-delivery.ts'
import type { Group, Member } from './group-store.ts'

export function integrationsOf({ receivers }: AlertingConfiguration, name: string): readonly Integration[] {
  return receivers.find((receiver) => receiver.name === name)?.integrations ?? []
}

/** Alerts in one message; how many more there are is in it, too. Without a bound a message grows with whatever goes wrong at once. */
export const alertsToldMax = 5_000

export interface MessageParts {
  readonly group: Group
  readonly members: readonly Member[]
  readonly publicUrl: string
  readonly nowMs: number
}

/** The message of one notification to one integration. Its id names group and place, so that it is the same however often it is sent. */
export function deliveryOf(
  { group, members, publicUrl, nowMs }: MessageParts,
  { integrationKey, firing, resolved }: Pick<FlushedNotification, 'integrationKey' | 'firing' | 'resolved'>,
  { sequence, receiver, integrations }: { sequence: number; receiver: string; integrations: readonly Integration[] },
): NewDelivery {
  const integration = integrations.find(({ key }) => key === integrationKey)
  const isFiring = firing.length > 0
  const notification = notificationOf({
    groupKey: group.key,
    route: { receiver },
    groupLabels: group.labels,
    firing,
    resolved,
    maxAlerts: integration?.kind === 'webhook' && integration.maxAlerts > 0 ? Math.min(integration.maxAlerts, alertsToldMax) : alertsToldMax,
    externalUrl: publicUrl,
    nowMs,
  })
  const urlOf = new Map(members.map(({ alert, generatorUrl }) => [alert.id, generatorUrl]))
  const first = members.find(({ alert }) => (isFiring ? firing : resolved).some(({ id }) => id === alert.id))
  return {
    tenantId: group.tenantId,
    messageId: derivedId(group.id, 'deliveries', `${sequence}`),
    destination: { kind: 'receiver', receiver, integration: integrationKey },
    lane: group.id,
    eventType: isFiring ? 'alert.firing' : 'alert.resolved',
    content: { kind: 'notification', notification: { ...notification, alerts: notification.alerts.map((alert) => ({ ...alert, generatorURL: urlOf.get(alert.fingerprint) ?? '' })) } },
    traceparent: first?.traceparent,
  }
}
