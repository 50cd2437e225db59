import { eventAssessed, type Finding } from '@ott/contracts/event-assessed'
import type { EventAccepted } from '@ott/contracts/event-accepted'
import type { Received } from '@ott/pipeline/define-stage'
import { emit, emitOf, type Decision } from '@ott/pipeline/outcome'
import type { CompiledRuleSet } from '@ott/regulations/compile-rule-set'
import { brokenBy, findingWith, type RuleEvaluationError } from '@ott/regulations/evaluate'
import { observe, stepsOf, type MatchedStep, type ObservedEvent, type StepIndex } from '@ott/regulations/observe'
import type { BrokenRule, Timeline } from '@ott/regulations/timeline'
import type { RulesInForce } from './rules-in-force.ts'
import { shadowRowOf, type ShadowRow } from './shadow/shadow-row.ts'

/** What the rules about several events know before an event, by the names of its timelines: none for most events. */
export interface HeldTimeline {
  readonly name: string
  readonly steps: readonly MatchedStep[]
  readonly timeline: Timeline
  /** How often the batch has changed it so far. */
  readonly revision: number
}

export interface Circumstances {
  readonly rules: RulesInForce
  readonly timelines: readonly HeldTimeline[]
  /** Rules about several events that could not be evaluated on it, by their keys. */
  readonly failedRules: readonly string[]
}

/** A timeline that changed. */
export interface TimelineRow {
  readonly table: 'timelines'
  readonly name: string
  readonly timeline: Timeline
  /** Of the rows of one timeline the highest is how the batch leaves it: rows are sorted by viewer, timelines may be of several. */
  readonly revision: number
  /** Whether a rule is in force: only then a period that runs is watched. */
  readonly isLive: (rule: string) => boolean
}

/** A row for one of the stage's tables. */
export type ComplianceRow = TimelineRow | ShadowRow

/**
 * Judges one accepted event by the rules in force. Pure: the same event, rules and timelines give the same findings. Candidates judge,
 * too, but of what they find only the difference is kept.
 * @param latenessMs how late an event may arrive and still count, for rules about several events
 */
export function assess(received: Received<EventAccepted>, known: Circumstances, latenessMs: number): Decision<ComplianceRow, Circumstances> {
  const { live, shadows, all } = known.rules
  const { event, receivedAt, screening } = received.event.data
  const observed = observedOf(received)
  const failed = new Set(known.failedRules)
  const broken: BrokenRule[] = brokenBy(observed, all, ({ key }) => failed.add(key)).map(({ rule, proof }) => ({ rule: rule.key, proof }))

  const timelines = known.timelines.map((held) => {
    const { timeline, broken: found } = observe(held.timeline, observed, held.steps, latenessMs)
    return { ...held, timeline, revision: held.revision + (timeline === held.timeline ? 0 : 1), broken: found }
  })
  for (const timeline of timelines) broken.push(...timeline.broken)
  const findings = findingsOf(broken, live)
  const failedRules = [...failed].flatMap((key) => live.byKey.get(key)?.id ?? [])

  const changed = timelines.filter(({ revision }, index) => revision !== known.timelines[index]?.revision)
  const isLive = (rule: string) => live.byKey.has(rule)
  const rows: ComplianceRow[] = changed.map(({ name, timeline, revision }) => ({ table: 'timelines', name, timeline, revision, isLive }))
  for (const { id, rules } of shadows) rows.push(shadowRowOf({ ruleSetId: id, ruleSetVersion: rules.version }, findings, findingsOf(broken, rules)))

  const assessed = { event, receivedAt, ruleSetVersion: live.version, findings, ...(failedRules.length > 0 ? { failedRules } : {}), ...(screening === undefined ? {} : { screening }) }
  return emit([emitOf(eventAssessed, assessed)], rows, timelines.length === 0 ? undefined : { ...known, timelines })
}

function findingsOf(broken: readonly BrokenRule[], { byKey }: CompiledRuleSet): Finding[] {
  return broken.flatMap(({ rule: key, proof }) => {
    const rule = byKey.get(key)
    return rule === undefined ? [] : [findingWith(rule, proof)]
  })
}

const noAttacks: readonly string[] = []

/** An accepted event as rules see it. */
function observedOf({ event: accepted, id: key, subject }: Received<EventAccepted>): ObservedEvent {
  const { event, receivedAt, screening } = accepted.data
  return { key, type: event.type, subject, time: event.time, attacks: screening?.classes ?? noAttacks, data: event.data, receivedAtMs: Date.parse(receivedAt) }
}

/** The timelines an event belongs to, by name, and what it is in each. */
export function matchSteps(received: Received<EventAccepted>, rules: StepIndex, onFailure: (error: RuleEvaluationError) => void): ReadonlyMap<string, readonly MatchedStep[]> {
  return stepsOf(observedOf(received), rules, onFailure)
}
