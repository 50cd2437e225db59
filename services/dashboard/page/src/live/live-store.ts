import type { AlertItem, ViolationItem, ViolationSummary } from '../data/shapes.ts'
import { announce } from './announce.ts'
import { withAlerts, withChanged, withLoaded, withOpened } from './merge-lists.ts'
import { createRateCounter, type RatePoint } from './rate-counter.ts'
import { createScoreHistogram } from './score-histogram.ts'

export type Connection = 'connecting' | 'live' | 'reconnecting'

/** What the page shows at one moment. Parts that didn't change are the same objects as before. */
export interface LiveSnapshot {
  readonly connection: Connection
  readonly rate: readonly RatePoint[]
  readonly scores: readonly number[]
  /** Undefined until a list was read or something came. */
  readonly violations: readonly ViolationSummary[] | undefined
  readonly alerts: readonly AlertItem[] | undefined
  /** For a live region. */
  readonly announcement: string
}

export interface LiveStore {
  subscribe(changed: () => void): () => void
  snapshot(): LiveSnapshot
  scored(score: number): void
  violationOpened(violation: ViolationItem): void
  alertChanged(alert: AlertItem): void
  violationsLoaded(violations: readonly ViolationSummary[]): void
  alertsLoaded(alerts: readonly AlertItem[]): void
  violationChanged(violation: ViolationSummary): void
  connectionChanged(connected: boolean): void
  /** Called several times a second: what came since the last call becomes the next snapshot. */
  publish(): void
}

export const rateSeconds = 180
export const scoresKept = 5_000
/** Between two announcements: whoever listens isn't to be flooded. */
const announceMs = 5_000
/** What waits for the next snapshot; a page in the background publishes seldom. */
const waitingMax = 200

/**
 * Takes in what comes, thousands a second, outside of React, and gives a snapshot now and then. Everything in it is
 * bounded.
 */
export function createLiveStore(nowMs: () => number): LiveStore {
  const rate = createRateCounter(rateSeconds)
  const histogram = createScoreHistogram(scoresKept)
  const changed = new Set<() => void>()
  let opened: ViolationItem[] = []
  let unannounced: ViolationItem[] = []
  let changedAlerts: AlertItem[] = []
  let arrived: readonly ViolationSummary[] = []
  let scoredSince = false
  let ratedSecond = 0
  let announcedAtMs = -Infinity
  let current: LiveSnapshot = { connection: 'connecting', rate: [], scores: histogram.counts(), violations: undefined, alerts: undefined, announcement: '' }

  const show = (parts: Partial<LiveSnapshot>) => {
    current = { ...current, ...parts }
    for (const call of changed) call()
  }
  const takeIn = (): Partial<LiveSnapshot> => {
    const parts: { -readonly [Part in keyof LiveSnapshot]?: LiveSnapshot[Part] } = {}
    if (opened.length > 0) {
      arrived = withOpened(arrived, opened)
      parts.violations = withOpened(current.violations ?? [], opened)
      opened = []
    }
    if (changedAlerts.length > 0) {
      parts.alerts = withAlerts(current.alerts ?? [], changedAlerts)
      changedAlerts = []
    }
    return parts
  }

  return {
    subscribe(call) {
      changed.add(call)
      return () => void changed.delete(call)
    },
    snapshot: () => current,
    scored(score) {
      rate.add(nowMs())
      histogram.add(score)
      scoredSince = true
    },
    violationOpened(violation) {
      opened = [...opened.slice(1 - waitingMax), violation]
      unannounced = [...unannounced.slice(1 - waitingMax), violation]
    },
    alertChanged(alert) {
      changedAlerts = [...changedAlerts.slice(1 - waitingMax), alert]
    },
    violationsLoaded(loaded) {
      const parts = takeIn()
      // What came live and is in the list by now is no newer than the list.
      show({ ...parts, violations: withLoaded(arrived, loaded) })
    },
    alertsLoaded(loaded) {
      const parts = takeIn()
      const read = new Set(loaded.map(({ id }) => id))
      const newer = (parts.alerts ?? current.alerts ?? []).filter(({ id, createdAt }) => createdAt === undefined && !read.has(id))
      show({ ...parts, alerts: withLoaded(newer, loaded) })
    },
    violationChanged(violation) {
      arrived = withChanged(arrived, violation)
      show({ violations: withChanged(current.violations ?? [], violation) })
    },
    connectionChanged(connected) {
      rate.setWatching(nowMs(), connected)
      const before = current.connection
      const next = connected ? 'live' : before === 'connecting' ? 'connecting' : 'reconnecting'
      if (next !== before) show({ connection: next })
    },
    publish() {
      const now = nowMs()
      const parts: { -readonly [Part in keyof LiveSnapshot]?: LiveSnapshot[Part] } = takeIn()
      if (Math.floor(now / 1_000) !== ratedSecond) {
        ratedSecond = Math.floor(now / 1_000)
        parts.rate = rate.series(now)
        if (scoredSince) parts.scores = histogram.counts()
        scoredSince = false
      }
      if (unannounced.length > 0 && now - announcedAtMs >= announceMs) {
        parts.announcement = announce(unannounced)
        unannounced = []
        announcedAtMs = now
      }
      if (Object.keys(parts).length > 0) show(parts)
    },
  }
}
