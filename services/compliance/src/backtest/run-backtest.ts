import { deadlinePassedType } from '@ott/contracts/viewer-event-types'
import { mergeStored } from '@ott/history/merge-stored'
import { countStored, type StoredEvent } from '@ott/history/stored-events'
import type { Database } from '@ott/postgres/database'
import { stepsOf, type MatchedStep, type ObservedEvent } from '@ott/regulations/observe'
import { brokenByItself, findingsBy, observeAfterPeriods, passPeriods, type PassedPeriod, type RuleSetPair } from '@ott/regulations/rule-set-pair'
import { emptyTimeline, type Timeline } from '@ott/regulations/timeline'
import { readStored } from '../read-stored.ts'
import type { Slices } from '@ott/service/work-in-slices'
import { openReport, type ReportBook } from './backtest-report.ts'
import { changedTimeline, keepLease, readDueTimelines, readTimelines, saveProgress, type BacktestPosition, type ChangedTimeline, type ClaimedBacktest } from './backtest-store.ts'

export interface BacktestRun {
  readonly database: Database
  readonly pair: RuleSetPair
  /** How late an event may arrive and still count, as in the stage. */
  readonly latenessMs: number
  readonly leaseMs: number
  readonly slices: Slices
  readonly signal: AbortSignal
}

/** Timelines looked at in one step when the events have ended. */
const duePerStep = 500

/**
 * Judges a stored period by both rule sets, from wherever the last run left off. What a step found, where it ended and what is
 * remembered are written together: a run that is killed and taken up again reports what an undisturbed one does.
 * @returns false when it was told to stop before the end
 */
export async function runBacktest(claimed: ClaimedBacktest, { database, pair, latenessMs, leaseMs, slices, signal }: BacktestRun): Promise<boolean> {
  const { tenantId } = claimed
  const period = { fromMs: claimed.from.getTime(), toMs: claimed.to.getTime() }
  const eventsTotal = claimed.eventsTotal ?? (await countStored(database, tenantId, period, () => keepLease(database, claimed, leaseMs)))
  const book = openReport(claimed.report ?? undefined)
  const offsets: Record<string, string> = { ...claimed.position?.offsets }
  let eventsRead = claimed.eventsRead
  const save = (phase: BacktestPosition['phase'], timelines: readonly ChangedTimeline[]) =>
    saveProgress(database, claimed, { position: { phase, offsets }, eventsRead, eventsTotal, report: book.report(), timelines }, leaseMs)
  await save(claimed.position?.phase ?? 'events', [])

  if (claimed.position?.phase !== 'periods') {
    const stored = await mergeStored(database, tenantId, period, offsets)
    for (;;) {
      const events = await stored.next()
      if (events.length === 0) break
      slices.startAnew()
      const timelines = await judgeEvents(events)
      for (const { partition, offset } of events) offsets[partition] = offset
      eventsRead += events.length
      await save('events', timelines)
      if (signal.aborted) return false
    }
  }
  for (;;) {
    const due = await readDueTimelines(database, claimed, period.toMs, duePerStep)
    if (due.size === 0) return true
    slices.startAnew()
    const changed: ChangedTimeline[] = []
    for (const [name, timeline] of due) {
      await slices.breathe()
      const { timeline: after, passed } = passPeriods(name, timeline, period.toMs, latenessMs)
      tell(passed, pair, book)
      changed.push(changedTimeline(name, after))
    }
    await save('periods', changed)
    if (signal.aborted) return false
  }

  async function judgeEvents(events: readonly StoredEvent[]): Promise<ChangedTimeline[]> {
    const prepared: Prepared[] = []
    for (const event of events) {
      await slices.breathe()
      const each = prepare(event, pair, book)
      if (each === undefined) continue
      if (each.steps.size > 0) prepared.push(each)
      else judged(each, pair, book)
    }
    if (prepared.length === 0) return []
    const known = await readTimelines(database, claimed, [...new Set(prepared.flatMap(({ steps }) => [...steps.keys()]))])
    slices.startAnew()
    const changed = new Map<string, Timeline>()
    for (const each of prepared) {
      await slices.breathe()
      for (const [name, steps] of each.steps) {
        const timeline = known.get(name) ?? emptyTimeline
        const seen = observeAfterPeriods(name, timeline, each.event, steps, latenessMs)
        tell(seen.passed, pair, book)
        each.broken.push(...seen.broken)
        if (seen.timeline === timeline) continue
        known.set(name, seen.timeline)
        changed.set(name, seen.timeline)
      }
      judged(each, pair, book)
    }
    const written: ChangedTimeline[] = []
    for (const [name, timeline] of changed) {
      await slices.breathe()
      written.push(changedTimeline(name, timeline))
    }
    return written
  }
}

interface Prepared {
  readonly event: ObservedEvent
  /** Keys of the rules it breaks. */
  readonly broken: string[]
  readonly steps: ReadonlyMap<string, readonly MatchedStep[]>
}

/** The platform's own word that a period has ended is left out: periods pass here by each side's own rules. */
function prepare({ json, eventKey, receivedAtMs }: StoredEvent, pair: RuleSetPair, book: ReportBook): Prepared | undefined {
  const read = readStored(json)
  if (read === undefined) {
    book.unreadable()
    return undefined
  }
  if (read.type === deadlinePassedType) return undefined
  const { id, ...rest } = read
  const event: ObservedEvent = { ...rest, key: `${eventKey}/${id}`, receivedAtMs }
  const failed = new Set<string>()
  const onFailure = ({ rule }: { rule: string }) => void failed.add(rule)
  const broken = brokenByItself(event, pair, onFailure)
  const steps = stepsOf(event, pair.union, onFailure)
  for (const rule of failed) book.failed(rule, pair.union.rules.find(({ id: each }) => each === rule)?.regulation ?? '')
  return { event, broken, steps }
}

function judged({ event, broken }: Prepared, { live, candidate }: RuleSetPair, book: ReportBook): void {
  book.judged('event', findingsBy(live, broken), findingsBy(candidate, broken), () => eventIdOf(event.key))
}

/** The id of the event behind its key here. */
function eventIdOf(key: string): string {
  return key.slice(key.indexOf('/') + 1)
}

function tell(passed: readonly PassedPeriod[], { live, candidate, union }: RuleSetPair, book: ReportBook): void {
  for (const { broken } of passed) {
    const keys = broken.map(({ rule }) => rule)
    const startOf = (rule: string) => broken.find((each) => union.byKey.get(each.rule)?.id === rule)?.startedBy ?? ''
    book.judged('period', findingsBy(live, keys), findingsBy(candidate, keys), (rule) => eventIdOf(startOf(rule)))
  }
}
