import type { Alert } from './alert.ts'
import type { Route } from './configuration.ts'

/** An alert that fires since the epoch, unless the parts say otherwise. */
export function anAlert(parts: Partial<Alert> = {}): Alert {
  return { id: 'a', labels: {}, annotations: {}, startsAtMs: 0, endsAtMs: undefined, updatedAtMs: 0, isAcknowledged: false, ...parts }
}

/** A root route with Alertmanager's defaults, unless the parts say otherwise. */
export function aRoute(parts: Partial<Route> = {}): Route {
  return {
    key: '{}',
    receiver: 'team',
    matchers: [],
    continues: false,
    groupBy: [],
    groupWaitMs: 30_000,
    groupIntervalMs: 300_000,
    repeatIntervalMs: 14_400_000,
    muteTimeIntervals: [],
    activeTimeIntervals: [],
    escalation: undefined,
    routes: [],
    ...parts,
  }
}
