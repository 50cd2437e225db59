import type { Finding } from '@ott/contracts/event-assessed'
import type { Severity } from '@ott/contracts/severity'
import { deadlinePassedType } from '@ott/contracts/viewer-event-types'
import type { CompiledRuleSet } from './compile-rule-set.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { isTrue, placeOf, proofOf, valueAt, type JudgedEvent, type Proof } from './evaluate.ts'
import { countBefore, timelineNameOf, timelineOf } from './observe.ts'
import { RuleContext } from './rule-context.ts'
import type { StepKind, TimedStep } from './rule-index.ts'
import type { Timeline, TimelineEntry } from './timeline.ts'

/** What one rule made of one event. */
export interface RuleExplanation {
  readonly rule: string
  readonly regulation: string
  readonly title: string
  readonly citation: string
  readonly source: string
  readonly severity: Severity
  /** What the event is to the rule: all that it looks at, a step of several events, or the end of a period. */
  readonly step: 'event' | StepKind | 'end'
  /** Whether the condition of the rule, or of this step of it, is true of the event. */
  readonly matched: boolean
  /** Whether the event breaks the rule; null where only the viewer's past tells, and that isn't known any more. */
  readonly fired: boolean | null
  /** The fields it looked at, by path; absent ones are null. */
  readonly values: Readonly<Record<string, unknown>>
  /** When it fired. */
  readonly message?: string
  readonly remediation?: string
  /** Why the rule could not be evaluated: then it is not known whether the event breaks it. */
  readonly failed?: string
  /** What a rule about several events knew when the event came. */
  readonly past?: SequencePast | PeriodPast
}

/** Of a rule about a sequence. */
export interface SequencePast {
  readonly kind: 'sequence'
  /** How many of the first events stood within the period, and how many it takes. */
  readonly count: number
  readonly atLeast: number
  readonly since: string
  readonly until: string
}

/** Of an event that starts a period. */
export interface PeriodPast {
  readonly kind: 'period'
  readonly state: 'running' | 'ended'
  /** While it runs. */
  readonly dueAt?: string
}

export interface ExplainedEvent extends JudgedEvent {
  /** By which the event is found in its timelines. */
  readonly key?: string | undefined
}

/** What is known beyond the event. */
export interface KnownPast {
  /** By name, as far as they are kept. */
  readonly timelines?: ReadonlyMap<string, Timeline>
  /** What was found in it by these very rules. */
  readonly found?: readonly Pick<Finding, 'rule' | 'message' | 'values'>[]
}

/**
 * Every rule that applies to an event by its type and its viewer's place, fired or not, in the order of the rule set; then what the
 * event is to rules about several events. Pure. Rules about one event are judged anew. For those about several the timeline tells,
 * where it still holds the event, and else what was found then.
 */
export function explain(event: ExplainedEvent, rules: CompiledRuleSet, known: KnownPast = {}): RuleExplanation[] {
  const place = placeOf(event)
  const context = new RuleContext(event, rules.consent)
  return [
    ...rules.for(event.type, ...place).map((rule) => explainRule(context, rule)),
    ...rules.steps(event.type, ...place).map((step) => explainStep(event, context, step, known)),
    ...(event.type === deadlinePassedType ? explainEnd(event, rules, known) : []),
  ]
}

/** The names of the timelines that know of an event. */
export function timelineNamesOf(event: JudgedEvent, rules: CompiledRuleSet): string[] {
  if (event.type === deadlinePassedType) return [timelineOf(event.subject)]
  const names = rules.steps(event.type, ...placeOf(event)).map(({ rule }) => timelineNameOf(rule, event))
  return [...new Set(names.filter((name) => name !== undefined))]
}

function explainRule(context: RuleContext, rule: CompiledRule): RuleExplanation {
  const { matched, failed } = ask(rule, context)
  const { values, message } = proofOf(rule, context)
  return { ...headOf(rule), step: 'event', matched, fired: failed === undefined ? matched : null, values, ...told(rule, matched ? message : undefined, failed) }
}

function ask(condition: Pick<TimedStep, 'holds'>, context: RuleContext): { matched: boolean; failed: string | undefined } {
  let failed: string | undefined
  const matched = isTrue(condition, context, (problem) => (failed = problem))
  return { matched, failed }
}

function headOf({ id, regulation, title, citation, source, severity }: CompiledRule) {
  return { rule: id, regulation, title, citation, source, severity }
}

function told({ remediation }: CompiledRule, message: string | undefined, failed: string | undefined) {
  return { ...(message === undefined ? {} : { message, remediation }), ...(failed === undefined ? {} : { failed }) }
}

function explainStep(event: ExplainedEvent, context: RuleContext, { rule, kind, holds }: TimedStep, known: KnownPast): RuleExplanation {
  const { matched: holdsTrue, failed } = ask({ holds }, context)
  const name = timelineNameOf(rule, event)
  const matched = holdsTrue && name !== undefined
  const timeline = name === undefined ? undefined : known.timelines?.get(name)
  const at = timeline === undefined ? -1 : timeline.entries.findIndex((entry) => entry.event === event.key && isStep(entry, rule, kind))
  const entry = timeline?.entries[at]
  const proof = matched && canBreak(kind) ? proofAmong(rule, entry, known) : undefined
  const fired = failed !== undefined ? null : !matched || !canBreak(kind) ? false : proof !== undefined ? true : entry === undefined && known.found === undefined ? null : false
  const past = entry && timeline && pastOf(rule, kind, entry, timeline.entries.slice(0, at + 1))
  return {
    ...headOf(rule),
    step: kind,
    matched,
    fired,
    values: proof?.values ?? valuesSeen(rule, kind, context),
    ...told(rule, proof?.message, failed),
    ...(past === undefined ? {} : { past }),
  }
}

/** An answer and a last event break a rule, and so does what arrives late: a first event, or a start that was answered already. */
function canBreak(kind: StepKind): boolean {
  return kind !== 'lifting' && kind !== 'extension'
}

function isStep({ steps }: TimelineEntry, { key }: CompiledRule, kind: StepKind): boolean {
  return steps.some((step) => step.rule === key && step.kind === kind)
}

function proofAmong({ id, key }: CompiledRule, entry: TimelineEntry | undefined, { found }: KnownPast): Proof | undefined {
  return entry?.broken.find(({ rule }) => rule === key)?.proof ?? found?.find(({ rule }) => rule === id)
}

function valuesSeen(rule: CompiledRule, kind: StepKind, context: RuleContext): Readonly<Record<string, unknown>> {
  if (kind === 'last' || kind === 'start') return proofOf(rule, context).values
  const { event } = context
  const { timing } = rule
  const fields = timing?.kind === 'deadline' ? [timing.match] : [timing?.per, kind === 'first' ? timing?.distinct : undefined]
  return Object.fromEntries(fields.flatMap((field) => (field === undefined ? [] : [[field.name, valueAt(event, field.path) ?? null]])))
}

function pastOf({ key, timing }: CompiledRule, kind: StepKind, entry: TimelineEntry, arrived: readonly TimelineEntry[]): SequencePast | PeriodPast | undefined {
  if (timing?.kind === 'sequence') {
    // What an event is to a sequence as its last doesn't count among the first ones before it.
    const before = kind === 'last' ? arrived.slice(0, -1) : arrived
    const { count, sinceMs } = countBefore(before, key, timing, entry.atMs)
    return { kind: 'sequence', count, atLeast: timing.atLeast, since: isoOf(sinceMs), until: isoOf(entry.atMs) }
  }
  if (kind !== 'start') return undefined
  const open = entry.steps.find((step) => step.rule === key && step.kind === 'start')?.open
  return open === undefined ? { kind: 'period', state: 'ended' } : { kind: 'period', state: 'running', dueAt: isoOf(open.dueMs) }
}

/** The end of a period breaks what it breaks; that others weren't running says nothing. */
function explainEnd(event: ExplainedEvent, rules: CompiledRuleSet, known: KnownPast): RuleExplanation[] {
  const entry = known.timelines?.get(timelineOf(event.subject))?.entries.find((each) => each.event === event.key)
  return rules.rules.flatMap((rule) => {
    if (rule.timing?.kind !== 'deadline') return []
    const proof = proofAmong(rule, entry, known)
    return proof === undefined ? [] : [{ ...headOf(rule), step: 'end' as const, matched: true, fired: true, values: proof.values, ...told(rule, proof.message, undefined) }]
  })
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
