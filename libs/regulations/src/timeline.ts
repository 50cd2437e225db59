import type { Proof } from './evaluate.ts'
import type { StepKind } from './rule-index.ts'

/**
 * What is remembered of one viewer, or of what else rules go by, for the rules about several events. Plain JSON; never changed in
 * place. Entries stand in the order of arrival, times are event time.
 */
export interface Timeline {
  readonly entries: readonly TimelineEntry[]
}

/** One event that was something to a rule. */
export interface TimelineEntry {
  /** The event's key: the same event again changes nothing and finds what it found. */
  readonly event: string
  readonly atMs: number
  readonly receivedAtMs: number
  readonly steps: readonly ObservedStep[]
  readonly broken: readonly BrokenRule[]
}

/** What an event was to a rule. */
export interface ObservedStep {
  /** Key of the rule. */
  readonly rule: string
  readonly kind: StepKind
  /** What tells starts apart, or what is counted. */
  readonly value?: string | undefined
  /** It can matter until then. */
  readonly untilMs: number
  /** Of what breaks a rule, or starts a period: kept until it is known whether it does. */
  readonly proof?: Proof | undefined
  /** Of a start that nothing has ended yet: its end, and from when on its absence is believed. */
  readonly open?: { readonly dueMs: number; readonly decideAtMs: number } | undefined
}

/** A rule, by its key, that an event breaks. */
export interface BrokenRule {
  readonly rule: string
  readonly proof: Proof
}

export const emptyTimeline: Timeline = { entries: [] }

/** The most that is remembered of one viewer: beyond it, what arrived first goes, open periods last. */
export const timelineEntriesMax = 1_000

/** The next period to be looked at: when it ends, and from when on it may be. */
export function nextDeadline({ entries }: Timeline, counts: (rule: string) => boolean = () => true): { dueMs: number; decideAtMs: number } | undefined {
  let next: { dueMs: number; decideAtMs: number } | undefined
  for (const { steps } of entries) {
    for (const { rule, open } of steps) {
      if (open !== undefined && counts(rule) && (next === undefined || open.decideAtMs < next.decideAtMs)) next = open
    }
  }
  return next
}

/** Until when a timeline can matter at all, in ms since the epoch; open periods aside. */
export function mattersUntilMs({ entries }: Timeline): number {
  return Math.max(0, ...entries.flatMap(({ steps, receivedAtMs }) => [receivedAtMs + repeatMs, ...steps.map(({ untilMs }) => untilMs)]))
}

/** How long an event is remembered whatever its time: after a crash what came last comes again, and must find the same. */
const repeatMs = 15 * 60_000

/** Without what can no longer matter, by the time of the newest event. */
export function pruned(entries: readonly TimelineEntry[]): Timeline {
  const newestMs = Math.max(...entries.map(({ atMs }) => atMs))
  const arrivedMs = Math.max(...entries.map(({ receivedAtMs }) => receivedAtMs))
  const isOpen = ({ steps }: TimelineEntry) => steps.some(({ open }) => open !== undefined)
  const kept = entries.filter((entry) => {
    if (entry.steps.length === 0 && entry.broken.length === 0) return false
    return isOpen(entry) || entry.receivedAtMs >= arrivedMs - repeatMs || entry.steps.some(({ untilMs }) => untilMs >= newestMs)
  })
  const excess = kept.length - timelineEntriesMax
  if (excess <= 0) return { entries: kept }
  const expendable = new Set(kept.filter((entry) => !isOpen(entry)).slice(0, excess))
  return { entries: kept.filter((entry) => !expendable.has(entry)).slice(-timelineEntriesMax) }
}
