import { type Alert, isResolved } from './alert.ts'
import type { Route } from './configuration.ts'

/** What an integration was told of a group, the entry of Alertmanager's notification log. Ids of alerts. */
export interface NotifiedState {
  /** What fired when it was last told. */
  readonly firing: readonly string[]
  /** What was resolved when it was last told. */
  readonly resolved: readonly string[]
  /** What it was ever told fires, and not yet that it ended. Beyond Alertmanager: it has what a silence hid since, too. */
  readonly open: readonly string[]
  /** When it was last told; repeats count from here. */
  readonly atMs: number
}

export interface FlushInput {
  readonly route: Pick<Route, 'groupIntervalMs' | 'repeatIntervalMs'>
  /** What the route's receiver is told through. */
  readonly integrations: readonly { readonly key: string; readonly sendResolved: boolean }[]
  /** The group's members, resolved ones too. */
  readonly alerts: readonly Alert[]
  /** By the integration's key; nothing where it was told nothing yet. */
  readonly log: ReadonlyMap<string, NotifiedState>
  readonly mutedBy: (alert: Alert) => 'silenced' | 'inhibited' | undefined
  /** Of the route, now: see `isTimeMuted`. */
  readonly isTimeMuted: boolean
  readonly nowMs: number
}

export type FlushReason = 'first' | 'new-firing' | 'resolved' | 'repeat'

export interface FlushedNotification {
  readonly integrationKey: string
  readonly firing: readonly Alert[]
  /** Empty where the integration sends none. */
  readonly resolved: readonly Alert[]
  readonly reason: FlushReason
}

export interface FlushResult {
  /** What goes into the outbox, in the same transaction as the log. */
  readonly notifications: readonly FlushedNotification[]
  /** The whole log as it is now, with the entries that didn't change. */
  readonly log: ReadonlyMap<string, NotifiedState>
  /** Ids that leave the group: they are resolved, and whoever has to know was told. */
  readonly drop: readonly string[]
  /** Undefined: the group is empty and ends, its log with it. */
  readonly nextFlushAtMs: number | undefined
}

/**
 * When a group that has never been flushed is flushed first: after `group_wait`, and at once where the alert started longer ago than that. Ask for every alert
 * that joins such a group: the earliest counts. One that joins later waits for the group's next flush.
 */
export function firstFlushAtMs({ groupWaitMs }: Pick<Route, 'groupWaitMs'>, { startsAtMs }: Pick<Alert, 'startsAtMs'>, nowMs: number): number {
  return startsAtMs + groupWaitMs < nowMs ? nowMs : nowMs + groupWaitMs
}

/**
 * One flush of one group: who is told what, by what they know already. Alertmanager's notification pipeline (dispatch/dispatch.go, notify/notify.go of 0.28): what
 * is muted is left out, each integration compares the rest with its log, and tells all of it where something began to fire, something was resolved, or
 * `repeat_interval` went by. The next flush is a `group_interval` later.
 *
 * It differs where people would lose something:
 * - *If firing was sent, resolved is sent.* What an integration was told fires gets its resolve also while it is silenced, inhibited or time-muted;
 *   Alertmanager drops it. Where nothing but such resolves is told, repeats of the rest keep their time.
 * - *What is acknowledged isn't repeated*: a repeat needs an alert that fires, is heard and isn't acknowledged.
 * - *What is put into the outbox counts as told.* Alertmanager logs what a receiver took and forgets what it couldn't send within a group interval;
 *   here deliveries have a schedule of their own.
 */
export function flushGroup(input: FlushInput): FlushResult {
  const { alerts, integrations, isTimeMuted, mutedBy, nowMs, route } = input
  const isHeard = new Map(alerts.map((alert) => [alert.id, !isTimeMuted && mutedBy(alert) === undefined]))
  const log = new Map(input.log)
  const notifications: FlushedNotification[] = []
  for (const integration of integrations) {
    const before = input.log.get(integration.key)
    const told = new Set(before?.open)
    const owed = alerts.filter((alert) => isResolved(alert, nowMs) && told.has(alert.id))
    const heard = alerts.filter((alert) => isHeard.get(alert.id) === true)
    const firing = heard.filter((alert) => !isResolved(alert, nowMs))
    const resolved = alerts.filter((alert) => isResolved(alert, nowMs) && (isHeard.get(alert.id) === true || told.has(alert.id)))

    const reason = reasonToTell({ before, firing, resolved, owed, sendResolved: integration.sendResolved, dueBeforeMs: nowMs - route.repeatIntervalMs })
    if (reason === undefined) continue
    const isOnlyOwed = firing.length === 0 && heard.length === 0
    log.set(integration.key, nextState({ before, firing, resolved, isOnlyOwed, nowMs }))
    const shown = integration.sendResolved ? resolved : []
    if (firing.length + shown.length > 0) notifications.push({ integrationKey: integration.key, firing, resolved: shown, reason })
  }
  const drop = alerts.filter((alert) => isResolved(alert, nowMs)).map(({ id }) => id)
  return { notifications, log, drop, nextFlushAtMs: drop.length === alerts.length ? undefined : nowMs + route.groupIntervalMs }
}

interface Known {
  readonly before: NotifiedState | undefined
  /** Heard and firing. */
  readonly firing: readonly Alert[]
  /** Resolved, and heard or owed. */
  readonly resolved: readonly Alert[]
  /** Resolved, and told that they fire. */
  readonly owed: readonly Alert[]
  readonly sendResolved: boolean
  readonly dueBeforeMs: number
}

/**
 * Why the integration is told, undefined where it isn't. The questions of Alertmanager's `DedupStage.needsUpdate`, in its order. A repeat is due as soon as its interval
 * has gone by to the millisecond, as the documentation says; a real one compares with when it had finished sending, so may come a group interval later.
 */
function reasonToTell({ before, firing, resolved, owed, sendResolved, dueBeforeMs }: Known): FlushReason | undefined {
  if (before === undefined) return firing.length > 0 ? 'first' : undefined
  if (!isSubset(firing, before.firing)) return 'new-firing'
  if (owed.length > 0 && sendResolved) return 'resolved'
  // Integrations that send no resolves come here too, so that the log forgets what fired.
  if (firing.length === 0) return resolved.length > 0 && before.firing.length > 0 ? 'resolved' : undefined
  // Something that began and ended between two flushes is told where others fire.
  if (sendResolved && !isSubset(resolved, before.resolved)) return 'resolved'
  return before.atMs <= dueBeforeMs && firing.some(({ isAcknowledged }) => !isAcknowledged) ? 'repeat' : undefined
}

function nextState({ before, firing, resolved, isOnlyOwed, nowMs }: Pick<Known, 'before' | 'firing' | 'resolved'> & { isOnlyOwed: boolean; nowMs: number }): NotifiedState {
  const ended = new Set(idsOf(resolved))
  const open = [...new Set([...(before?.open ?? []), ...idsOf(firing)]).difference(ended)]
  if (isOnlyOwed && before !== undefined) return { firing: before.firing.filter((id) => !ended.has(id)), resolved: [...ended], open, atMs: before.atMs }
  return { firing: idsOf(firing), resolved: [...ended], open, atMs: nowMs }
}

function isSubset(alerts: readonly Alert[], known: readonly string[]): boolean {
  const ids = new Set(known)
  return alerts.every(({ id }) => ids.has(id))
}

function idsOf(alerts: readonly Alert[]): string[] {
  return alerts.map(({ id }) => id)
}
