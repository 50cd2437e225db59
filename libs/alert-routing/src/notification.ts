import type { Labels } from './alert.ts'

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
