import { type Alert, isResolved, type Labels } from './alert.ts'
import type { Route } from './configuration.ts'

/** What a receiver is told of a group, in the shape of Alertmanager's webhook (version 4). Times RFC 3339. */
export interface Notification {
  readonly version: '4'
  readonly groupKey: string
  /** Alerts left out because the receiver takes no more at once. */
  readonly truncatedAlerts: number
  /** `firing` while one of its alerts is. */
  readonly status: 'firing' | 'resolved'
  readonly receiver: string
  readonly groupLabels: Labels
  /** What all of its alerts share. */
  readonly commonLabels: Labels
  readonly commonAnnotations: Labels
  /** Where people look into it; may be empty. */
  readonly externalURL: string
  readonly alerts: readonly NotifiedAlert[]
}

export interface NotifiedAlert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Labels
  readonly annotations: Labels
  readonly startsAt: string
  /** `0001-01-01T00:00:00Z` while it fires, as Alertmanager says it. */
  readonly endsAt: string
  readonly generatorURL: string
  /** The alert's id. */
  readonly fingerprint: string
}

export interface NotificationInput {
  readonly groupKey: string
  readonly route: Pick<Route, 'receiver'>
  readonly groupLabels: Labels
  readonly firing: readonly Alert[]
  readonly resolved: readonly Alert[]
  /** How many alerts the receiver takes at once; 0: any number. */
  readonly maxAlerts: number
  readonly externalUrl: string
  readonly nowMs: number
}

/** What a receiver is told of a group: those that fire first. What is beyond `maxAlerts` is counted, and part of what is said to be common. */
export function notificationOf({ groupKey, route, groupLabels, firing, resolved, maxAlerts, externalUrl, nowMs }: NotificationInput): Notification {
  const alerts = [...firing, ...resolved]
  const shown = maxAlerts > 0 ? alerts.slice(0, maxAlerts) : alerts
  return {
    version: '4',
    groupKey,
    truncatedAlerts: alerts.length - shown.length,
    status: firing.length > 0 ? 'firing' : 'resolved',
    receiver: route.receiver,
    groupLabels,
    commonLabels: inCommon(alerts.map(({ labels }) => labels)),
    commonAnnotations: inCommon(alerts.map(({ annotations }) => annotations)),
    externalURL: externalUrl,
    alerts: shown.map((alert) => notifiedAlert(alert, nowMs)),
  }
}

function notifiedAlert(alert: Alert, nowMs: number): NotifiedAlert {
  const { id, labels, annotations, startsAtMs, endsAtMs } = alert
  const isOver = isResolved(alert, nowMs)
  return {
    status: isOver ? 'resolved' : 'firing',
    labels,
    annotations,
    startsAt: new Date(startsAtMs).toISOString(),
    endsAt: isOver && endsAtMs !== undefined ? new Date(endsAtMs).toISOString() : '0001-01-01T00:00:00Z',
    generatorURL: '',
    fingerprint: id,
  }
}

function inCommon([first, ...others]: readonly Labels[]): Labels {
  return Object.fromEntries(Object.entries(first ?? {}).filter(([name, value]) => others.every((labels) => labels[name] === value)))
}
