import type { ConsentReader } from '@ott/consent-signals/consent-reader'
import { deadlinePassedType } from '@ott/contracts/viewer-event-types'
import type { CompiledRule, Deadline, FieldReader, Sequence } from './compiled-rule.ts'
import { isTrue, placeOf, proofOf, RuleEvaluationError, valueAt, type JudgedEvent, type Proof } from './evaluate.ts'
import { endOf, longestMs } from './period.ts'
import { RuleContext } from './rule-context.ts'
import type { StepKind, TimedStep } from './rule-index.ts'
import { pruned, type BrokenRule, type ObservedStep, type Timeline, type TimelineEntry } from './timeline.ts'

/** An event as timelines take it. */
export interface ObservedEvent extends JudgedEvent {
  /** Unique within a tenant, the same whenever the event comes again. */
  readonly key: string
  readonly receivedAtMs: number
}

/** What an event is to one rule. */
export interface MatchedStep {
  readonly rule: CompiledRule
  readonly kind: StepKind
  readonly value?: string | undefined
  /** Of what breaks the rule, or starts its period. */
  readonly proof?: Proof | undefined
}

/** Whether a timeline that doesn't exist must be made for these steps: not where they only look back. */
export function mustRemember(steps: readonly MatchedStep[]): boolean {
  return steps.some(({ rule: { timing }, kind }) => kind !== 'last' || timing?.kind !== 'sequence' || !timing.lookBackOnly)
}

/** Finds the steps an event may be: those of one rule set, or of several. */
export interface StepIndex {
  steps(type: string, country?: string, region?: string): readonly TimedStep[]
  readonly consent: ConsentReader
}

const noTimelines: ReadonlyMap<string, readonly MatchedStep[]> = new Map()

/** The name of a viewer's own timeline. */
export function timelineOf(subject: string): string {
  return `subject:${subject}`
}

/** Whose timeline it is. */
export function subjectOfTimeline(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** What says that a period of a timeline has ended, where no clock does: for stories and stored periods. */
export function passedDeadline(name: string, dueMs: number, receivedAtMs: number): ObservedEvent {
  return { key: `passed ${name} ${dueMs}`, type: deadlinePassedType, subject: subjectOfTimeline(name), time: isoOf(dueMs), receivedAtMs, data: {} }
}

/** False when an event is certainly no step of any rule: told by its type and place alone. */
export function mayHaveSteps(event: Pick<JudgedEvent, 'type' | 'data'>, rules: StepIndex): boolean {
  return event.type === deadlinePassedType || rules.steps(event.type, ...placeOf(event)).length > 0
}

/**
 * The timelines an event belongs to, by name, and what it is in each: none for most events. A passed deadline belongs to its
 * viewer's, as nothing in particular.
 */
export function stepsOf(event: JudgedEvent, rules: StepIndex, onFailure: (error: RuleEvaluationError) => void): ReadonlyMap<string, readonly MatchedStep[]> {
  if (event.type === deadlinePassedType) return new Map([[timelineOf(event.subject), []]])
  const candidates = rules.steps(event.type, ...placeOf(event))
  if (candidates.length === 0) return noTimelines
  const found = new Map<string, MatchedStep[]>()
  const context = new RuleContext(event, rules.consent)
  for (const { rule, kind, holds } of candidates) {
    const name = timelineNameOf(rule, event)
    if (name === undefined) continue
    if (!isTrue({ holds }, context, (problem) => onFailure(new RuleEvaluationError(rule, problem)))) continue
    const steps = found.get(name) ?? []
    found.set(name, steps)
    const isOwn = kind === 'last' || kind === 'start'
    steps.push({ rule, kind, value: valueOf(rule, kind, event), ...(isOwn ? { proof: proofOf(rule, context) } : {}) })
  }
  return found
}

/** The timeline in which a rule sees an event; undefined when the event lacks the field that names it. */
export function timelineNameOf({ timing }: CompiledRule, event: JudgedEvent): string | undefined {
  if (timing?.kind !== 'sequence' || timing.per.name === 'subject') return timelineOf(event.subject)
  const value = textAt(event, timing.per)
  return value === undefined ? undefined : `${timing.per.name}:${value}`
}

function valueOf({ timing }: CompiledRule, kind: StepKind, event: JudgedEvent): string | undefined {
  if (timing?.kind === 'deadline') return textAt(event, timing.match)
  return kind === 'first' && timing?.kind === 'sequence' ? textAt(event, timing.distinct) : undefined
}

function textAt(event: JudgedEvent, reader: FieldReader | undefined): string | undefined {
  const value = reader && valueAt(event, reader.path)
  return value === undefined || value === null ? undefined : String(value)
}

/**
 * Adds an event to a timeline and finds the rules it breaks there. Pure. What arrives late is put where it belongs by its event time:
 * a first event that comes after the last one breaks the rule when it arrives. An event that is in the timeline already changes
 * nothing and finds the same again.
 *
 * The absence of an answer is found by a passed deadline, or by the answer that comes too late, whichever is first.
 * @param latenessMs how late an event may arrive and still count
 */
export function observe(timeline: Timeline, event: ObservedEvent, steps: readonly MatchedStep[], latenessMs: number): { timeline: Timeline; broken: readonly BrokenRule[] } {
  const known = timeline.entries.find((entry) => entry.event === event.key)
  if (known !== undefined) return { timeline, broken: known.broken }

  const work = { entries: [...timeline.entries], broken: new Map<string, Proof>(), atMs: Date.parse(event.time), event, latenessMs }
  const observed: ObservedStep[] = []
  if (event.type === deadlinePassedType) settle(work, ({ open }) => open !== undefined && open.dueMs <= work.atMs)
  for (const step of steps) {
    const taken = take(step, work)
    if (taken !== undefined) observed.push(taken)
  }
  const broken = [...work.broken].map(([rule, proof]) => ({ rule, proof }))
  const isTold = event.type === deadlinePassedType && broken.length > 0
  if (observed.length === 0 && !isTold) return { timeline, broken }
  work.entries.push({ event: event.key, atMs: work.atMs, receivedAtMs: event.receivedAtMs, steps: observed, broken })
  return { timeline: pruned(work.entries), broken }
}

interface Work {
  readonly entries: TimelineEntry[]
  /** By key of the rule: an event breaks a rule once, whatever it is to it. */
  readonly broken: Map<string, Proof>
  readonly atMs: number
  readonly event: ObservedEvent
  readonly latenessMs: number
}

/** Undefined for what isn't to be remembered. */
function take(step: MatchedStep, work: Work): ObservedStep | undefined {
  const { timing } = step.rule
  if (timing?.kind === 'sequence') return takeInSequence(step, timing, work)
  if (timing?.kind === 'deadline') return takeInPeriod(step, timing, work)
  throw new Error(`${step.rule.id} is about one event`)
}

function takeInSequence({ rule, kind, value, proof }: MatchedStep, timing: Sequence, work: Work): ObservedStep | undefined {
  const { atMs, broken, event, entries } = work
  // A last event matters only to first ones that are late, the others to all that follows within the period.
  const untilMs = atMs + work.latenessMs + (kind === 'last' ? 0 : longestMs(timing.within))
  if (kind === 'last' && proof !== undefined) {
    const { count, sinceMs } = countBefore(entries, rule.key, timing, atMs)
    if (count >= timing.atLeast) breakRule(broken, rule.key, withSequence(proof, count, sinceMs, atMs))
    if (timing.lookBackOnly) return undefined
    if (timing.atLeast === 1) forgetReplaced(work, rule.key, timing)
    return { rule: rule.key, kind, untilMs, proof }
  }
  const observed: ObservedStep = { rule: rule.key, kind, value, untilMs }
  if (kind === 'first') {
    const withIt = [...entries, { event: event.key, atMs, receivedAtMs: event.receivedAtMs, steps: [observed], broken: [] }]
    for (const last of entries) {
      const completing = last.steps.find((each) => each.rule === rule.key && each.kind === 'last')
      if (completing?.proof === undefined || last.atMs < atMs || endOf(atMs, timing.within) < last.atMs) continue
      const before = countBefore(without(entries, last), rule.key, timing, last.atMs)
      const { count, sinceMs } = countBefore(without(withIt, last), rule.key, timing, last.atMs)
      if (before.count < timing.atLeast && count >= timing.atLeast) breakRule(broken, rule.key, withSequence(completing.proof, count, sinceMs, last.atMs))
    }
  }
  return observed
}

/**
 * Ads come by the hundred, and each could be the last event of a sequence whose first one is late. Of three lasts within a period the one
 * in the middle tells nothing more: whichever first event it would follow, the newest follows, too, unless something lifted it in between.
 */
function forgetReplaced(work: Work, rule: string, { within }: Sequence): void {
  const timesOf = (kind: StepKind) => work.entries.filter((entry) => entry.steps.some((step) => step.rule === rule && step.kind === kind)).map((entry) => entry.atMs)
  const [middleMs = Number.NaN, oldestMs = Number.NaN] = timesOf('last').sort((a, b) => b - a)
  const isReplaced = middleMs < work.atMs && oldestMs < middleMs && work.atMs <= endOf(oldestMs, within)
  if (!isReplaced || timesOf('lifting').some((at) => at >= middleMs && at <= work.atMs)) return
  for (const [index, entry] of work.entries.entries()) {
    if (entry.atMs !== middleMs) continue
    work.entries[index] = { ...entry, steps: entry.steps.filter((step) => step.rule !== rule || step.kind !== 'last') }
  }
}

function without(entries: readonly TimelineEntry[], entry: TimelineEntry): TimelineEntry[] {
  return entries.filter((each) => each !== entry)
}

/** How many firsts stand within the period before a time, nothing having lifted them since. */
export function countBefore(entries: readonly TimelineEntry[], rule: string, { within, distinct }: Sequence, atMs: number): { count: number; sinceMs: number } {
  const liftedMs = entries.reduce((latest, entry) => {
    const lifts = entry.atMs <= atMs && entry.steps.some((step) => step.rule === rule && step.kind === 'lifting')
    return lifts ? Math.max(latest, entry.atMs) : latest
  }, Number.NEGATIVE_INFINITY)
  const values = new Set<string>()
  let count = 0
  let sinceMs = atMs
  for (const entry of entries) {
    if (entry.atMs > atMs || entry.atMs < liftedMs || endOf(entry.atMs, within) < atMs) continue
    const first = entry.steps.find((step) => step.rule === rule && step.kind === 'first')
    if (first === undefined) continue
    if (distinct === undefined) count++
    else if (first.value !== undefined) values.add(first.value)
    sinceMs = Math.min(sinceMs, entry.atMs)
  }
  return { count: count + values.size, sinceMs }
}

function withSequence({ message, values }: Proof, count: number, sinceMs: number, atMs: number): Proof {
  return { message, values: { ...values, 'after.count': count, 'after.since': isoOf(sinceMs), 'after.until': isoOf(atMs) } }
}

function takeInPeriod({ rule, kind, value, proof }: MatchedStep, timing: Deadline, work: Work): ObservedStep {
  const { atMs, event, entries, latenessMs } = work
  const longest = Math.max(longestMs(timing.within), timing.extension === undefined ? 0 : longestMs(timing.extension.within))
  const observed = { rule: rule.key, kind, value, untilMs: atMs + longest + latenessMs }
  const concerns = (step: ObservedStep) => step.rule === rule.key && step.value === value
  if (kind === 'start' && proof !== undefined) {
    const timesOf = (other: StepKind) =>
      entries.filter((entry) => entry.atMs >= atMs && entry.steps.some((step) => concerns(step) && step.kind === other)).map((entry) => entry.atMs)
    const ownDueMs = endOf(atMs, timing.within)
    const prolonged = timing.extension !== undefined && timesOf('extension').some((at) => at <= ownDueMs)
    const dueMs = prolonged && timing.extension !== undefined ? endOf(atMs, timing.extension.within) : ownDueMs
    const stops = timesOf('stop')
    if (stops.length === 0) return { ...observed, proof, open: openUntil(dueMs, event.receivedAtMs, latenessMs) }
    const answeredMs = Math.min(...stops)
    if (answeredMs > dueMs) breakRule(work.broken, rule.key, withPeriod(proof, dueMs, answeredMs))
    return observed
  }
  if (kind === 'extension' && timing.extension !== undefined) {
    const { within } = timing.extension
    changeSteps(work, (step, entry) => {
      if (!concerns(step) || step.open === undefined || entry.atMs > atMs || atMs > step.open.dueMs) return step
      return { ...step, open: openUntil(endOf(entry.atMs, within), event.receivedAtMs, latenessMs) }
    })
  }
  if (kind === 'stop') settle(work, (step, entry) => concerns(step) && entry.atMs <= atMs, atMs)
  return observed
}

/** Nothing is believed absent before it could have arrived late: counted from the end, or from when the start became known. */
function openUntil(dueMs: number, receivedAtMs: number, latenessMs: number): { dueMs: number; decideAtMs: number } {
  return { dueMs, decideAtMs: Math.max(dueMs, receivedAtMs) + latenessMs }
}

/** Ends open periods; those that ended without an answer in time break their rule. */
function settle(work: Work, concerns: (step: ObservedStep, entry: TimelineEntry) => boolean, answeredMs?: number): void {
  changeSteps(work, (step, entry) => {
    if (step.open === undefined || step.proof === undefined || !concerns(step, entry)) return step
    const { dueMs } = step.open
    if (answeredMs === undefined || answeredMs > dueMs) breakRule(work.broken, step.rule, withPeriod(step.proof, dueMs, answeredMs))
    return { ...step, open: undefined, proof: undefined }
  })
}

function withPeriod({ message, values }: Proof, dueMs: number, answeredMs: number | undefined): Proof {
  return { message, values: { ...values, 'deadline.dueAt': isoOf(dueMs), 'deadline.answeredAt': answeredMs === undefined ? null : isoOf(answeredMs) } }
}

function changeSteps(work: Work, change: (step: ObservedStep, entry: TimelineEntry) => ObservedStep): void {
  for (const [index, entry] of work.entries.entries()) {
    const steps = entry.steps.map((step) => change(step, entry))
    if (steps.some((step, place) => step !== entry.steps[place])) work.entries[index] = { ...entry, steps }
  }
}

function breakRule(broken: Map<string, Proof>, rule: string, proof: Proof): void {
  if (!broken.has(rule)) broken.set(rule, proof)
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
