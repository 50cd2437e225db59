import { ruleSetOf, type CompiledRuleSet } from './compile-rule-set.ts'
import type { CompiledRule } from './compiled-rule.ts'
import type { ComparedFinding } from './diff-findings.ts'
import { brokenBy, type JudgedEvent, type RuleEvaluationError } from './evaluate.ts'
import { observe, passedDeadline, type MatchedStep, type ObservedEvent } from './observe.ts'
import { nextDeadline, type Timeline } from './timeline.ts'

/**
 * Two rule sets that are compared. Rules with the same key decide the same, so each is evaluated once for both, and both share
 * the timelines: what a timeline holds belongs to a rule by its key.
 */
export interface RuleSetPair {
  readonly live: CompiledRuleSet
  readonly candidate: CompiledRuleSet
  /** The rules of either. */
  readonly union: CompiledRuleSet
}

export function pairOf(live: CompiledRuleSet, candidate: CompiledRuleSet): RuleSetPair {
  return { live, candidate, union: unionOf([live, candidate]) }
}

/** The rules of several sets, each once: those of the first as it has them. */
export function unionOf(sets: readonly CompiledRuleSet[]): CompiledRuleSet {
  const byKey = new Map<string, CompiledRule>()
  for (const rule of sets.flatMap(({ rules }) => rules)) if (!byKey.has(rule.key)) byKey.set(rule.key, rule)
  return ruleSetOf([...byKey.values()], 'union')
}

/** Keys of the rules that one event breaks by itself. Pure. */
export function brokenByItself(event: JudgedEvent, { union }: RuleSetPair, onFailure: (error: RuleEvaluationError) => void): string[] {
  return brokenBy(event, union, onFailure).map(({ rule }) => rule.key)
}

/** What one side finds, given the keys of all rules that are broken. */
export function findingsBy({ byKey }: CompiledRuleSet, broken: Iterable<string>): ComparedFinding[] {
  const findings: ComparedFinding[] = []
  for (const key of broken) {
    const rule: CompiledRule | undefined = byKey.get(key)
    if (rule !== undefined) findings.push({ rule: rule.id, regulation: rule.regulation, severity: rule.severity })
  }
  return findings
}

/** The end of a period, or of several at once, that nothing had answered. */
export interface PassedPeriod {
  readonly dueMs: number
  /** Each rule it breaks, by key, with the key of the event that started the period. */
  readonly broken: readonly { readonly rule: string; readonly startedBy: string }[]
}

/**
 * Lets the periods of a timeline pass whose answer is no longer believed to come by a time. Pure.
 * @param nowMs what a clock showed then
 */
export function passPeriods(name: string, timeline: Timeline, nowMs: number, latenessMs: number): { timeline: Timeline; passed: readonly PassedPeriod[] } {
  const passed: PassedPeriod[] = []
  let current = timeline
  for (let next = nextDeadline(current); next !== undefined && next.decideAtMs <= nowMs; next = nextDeadline(current)) {
    const { dueMs } = next
    const event = passedDeadline(name, dueMs, next.decideAtMs)
    const seen = observe(current, event, [], latenessMs)
    if (seen.timeline === current) break
    passed.push({ dueMs, broken: seen.broken.map(({ rule }) => ({ rule, startedBy: startOf(current, rule, dueMs) ?? event.key })) })
    current = seen.timeline
  }
  return { timeline: current, passed }
}

function startOf({ entries }: Timeline, rule: string, dueMs: number): string | undefined {
  return entries.find(({ steps }) => steps.some((step) => step.rule === rule && step.open !== undefined && step.open.dueMs <= dueMs))?.event
}

/** Adds an event to a timeline, after the periods that had ended before it came. Pure. */
export function observeAfterPeriods(name: string, timeline: Timeline, event: ObservedEvent, steps: readonly MatchedStep[], latenessMs: number) {
  const before = passPeriods(name, timeline, event.receivedAtMs, latenessMs)
  const seen = observe(before.timeline, event, steps, latenessMs)
  return { timeline: seen.timeline, broken: seen.broken.map(({ rule }) => rule), passed: before.passed }
}
