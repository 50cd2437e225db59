import { eventAssessed, type Finding } from '@ott/contracts/event-assessed'
import type { EventAccepted } from '@ott/contracts/event-accepted'
import type { Received } from '@ott/pipeline/define-stage'
import { emit, emitOf, type Decision } from '@ott/pipeline/outcome'
import type { CompiledRuleSet } from '@ott/regulations/compile-rule-set'
import { evaluate, findingWith, type RuleEvaluationError } from '@ott/regulations/evaluate'
import { observe, stepsOf, type MatchedStep, type ObservedEvent, type StepIndex } from '@ott/regulations/observe'
import type { BrokenRule, Timeline } from '@ott/regulations/timeline'

/** The rules a tenant's events are judged by. Never changes: a batch keeps the one it began with. */
export interface RulesInForce {
  readonly live: CompiledRuleSet
}

/** What the rules about several events know before an event, by the names of its timelines: none for most events. */
export interface HeldTimeline {
  readonly name: string
  readonly steps: readonly MatchedStep[]
  readonly timeline: Timeline
}

export interface Circumstances {
  readonly rules: RulesInForce
  readonly timelines: readonly HeldTimeline[]
  /** Rules about several events that could not be evaluated on it. */
  readonly failedRules: readonly string[]
}

/** A timeline that changed. */
export interface TimelineRow {
  readonly table: 'timelines'
  readonly name: string
  readonly timeline: Timeline
  /** Whether a rule is in force: only then a period that runs is watched. */
  readonly isLive: (rule: string) => boolean
}

/**
 * Judges one accepted event by the rules in force. Pure: the same event, rules and timelines give the same findings.
 * @param latenessMs how late an event may arrive and still count, for rules about several events
 */
export function assess(received: Received<EventAccepted>, known: Circumstances, latenessMs: number): Decision<TimelineRow, Circumstances> {
  const { live } = known.rules
  const { event, receivedAt } = received.event.data
  const observed = observedOf(received)
  const failedRules = new Set(known.failedRules)
  const findings = evaluate(observed, live, ({ rule }) => failedRules.add(rule))

  const timelines = known.timelines.map((held) => ({ ...held, ...observe(held.timeline, observed, held.steps, latenessMs) }))
  findings.push(...findingsOf(timelines.flatMap(({ broken }) => broken), live))
  const changed = timelines.filter(({ timeline }, index) => timeline !== known.timelines[index]?.timeline)
  const isLive = (rule: string) => live.byKey.has(rule)

  const assessed = { event, receivedAt, ruleSetVersion: live.version, findings, ...(failedRules.size > 0 ? { failedRules: [...failedRules] } : {}) }
  return emit(
    [emitOf(eventAssessed, assessed)],
    changed.map(({ name, timeline }) => ({ table: 'timelines', name, timeline, isLive })),
    timelines.length === 0 ? undefined : { ...known, timelines },
  )
}

function findingsOf(broken: readonly BrokenRule[], { byKey }: CompiledRuleSet): Finding[] {
  return broken.flatMap(({ rule: key, proof }) => {
    const rule = byKey.get(key)
    return rule === undefined ? [] : [findingWith(rule, proof)]
  })
}

/** An accepted event as rules see it. */
function observedOf({ event: accepted, id: key, subject }: Received<EventAccepted>): ObservedEvent {
  const { event, receivedAt } = accepted.data
  return { key, type: event.type, subject, time: event.time, data: event.data, receivedAtMs: Date.parse(receivedAt) }
}

/** The timelines an event belongs to, by name, and what it is in each. */
export function matchSteps(received: Received<EventAccepted>, rules: StepIndex, onFailure: (error: RuleEvaluationError) => void): ReadonlyMap<string, readonly MatchedStep[]> {
  return stepsOf(observedOf(received), rules, onFailure)
}
