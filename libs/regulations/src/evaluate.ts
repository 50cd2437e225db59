import type { Finding } from '@ott/contracts/event-assessed'
import type { CompiledRuleSet } from './compile-rule-set.ts'
import type { CompiledRule, CompiledStep, FieldReader } from './compiled-rule.ts'
import { plainAnswer } from './consent-in-cel.ts'
import type { ConsentAnswer } from './rule-condition.ts'
import { RuleContext } from './rule-context.ts'

/** What rules see of a viewer's event, which was checked against its contract on receipt. */
export interface JudgedEvent {
  readonly type: string
  readonly subject: string
  /** RFC 3339, event time. */
  readonly time: string
  /** Classes of attack that screening found in it, such as `sqli`; without it, rules that ask for them are not broken. */
  readonly attacks?: readonly string[] | undefined
  readonly data: Readonly<Record<string, unknown>>
}

/** One rule could not be evaluated for one event. Names the rule; never holds values of the event. */
export class RuleEvaluationError extends Error {
  override readonly name = 'RuleEvaluationError'
  readonly rule: string
  /** Of the rule: two rule sets may have different rules by one id. */
  readonly key: string

  constructor({ id, key }: Pick<CompiledRule, 'id' | 'key'>, problem: string) {
    super(`rule ${id} could not be evaluated: ${problem}`)
    this.rule = id
    this.key = key
  }
}

/**
 * Judges one event by the rules that apply to its type and to `data.country` and `data.region`. Pure: the same inputs give the same
 * findings, in the order of the rule set. An event without a country is judged by worldwide rules only. Rules about several events
 * need a timeline, see observe.ts.
 *
 * A field that the event lacks and the condition didn't ask for means that the rule isn't broken. Any other error in a condition
 * goes to `onFailure`, and the remaining rules are judged all the same.
 * @param onFailure by default throws, so that no failure goes unseen; a stage that must keep the event counts and reports it
 */
export function evaluate(event: JudgedEvent, rules: CompiledRuleSet, onFailure: (error: RuleEvaluationError) => void = throwIt): Finding[] {
  return brokenBy(event, rules, onFailure).map(({ rule, proof }) => findingWith(rule, proof))
}

/** The same, before the findings are written: each rule that is broken, with the proof. */
export function brokenBy(event: JudgedEvent, rules: CompiledRuleSet, onFailure: (error: RuleEvaluationError) => void): { rule: CompiledRule; proof: Proof }[] {
  const applicable = rules.for(event.type, ...placeOf(event))
  const broken: { rule: CompiledRule; proof: Proof }[] = []
  if (applicable.length === 0) return broken
  const context = new RuleContext(event, rules.consent)
  for (const rule of applicable) {
    if (isTrue(rule, context, (problem) => onFailure(new RuleEvaluationError(rule, problem)))) broken.push({ rule, proof: proofOf(rule, context) })
  }
  return broken
}

/** The viewer's country and subdivision, as far as the event tells them. */
export function placeOf({ data: { country, region } }: Pick<JudgedEvent, 'data'>): [country?: string, region?: string] {
  if (typeof country !== 'string') return []
  return typeof region === 'string' ? [country, region] : [country]
}

function throwIt(error: RuleEvaluationError): never {
  throw error
}

/**
 * Whether a condition holds for an event. A field that the event lacks and the condition didn't ask for means that it does not.
 * @param onFailure told of any other error, in words that hold no values of the event
 */
export function isTrue(condition: Pick<CompiledStep, 'holds'>, context: RuleContext, onFailure: (problem: string) => void): boolean {
  let result: unknown
  try {
    result = holds(condition, context)
  } catch (error) {
    const { code, summary } = error as { code?: string; summary?: string }
    if (code !== 'no_such_key') onFailure(summary ?? 'an unknown error')
    return false
  }
  if (typeof result !== 'boolean') onFailure(`the condition gave ${typeof result}, not true or false`)
  return result === true
}

/**
 * cel-js tells kinds of objects apart by their `constructor`, so a producer's key of that name would switch every rule off.
 * Such an event is judged again, and by the remaining rules, without the key, which no condition may read. Others pay nothing.
 */
function holds(condition: Pick<CompiledStep, 'holds'>, context: RuleContext): unknown {
  try {
    return condition.holds(context)
  } catch (error) {
    let found = false
    const withoutKey = JSON.stringify(context.event, (key, value: unknown) => {
      if (key !== 'constructor') return value
      found = true
      return undefined
    })
    if (!found) throw error
    context.event = JSON.parse(withoutKey) as JudgedEvent
    return condition.holds(context)
  }
}

/** What is kept of an event that breaks a rule: the message and the values that mattered. */
export interface Proof {
  readonly message: string
  readonly values: Readonly<Record<string, unknown>>
}

export function proofOf(rule: CompiledRule, context: RuleContext): Proof {
  const { event } = context
  return { message: messageOf(rule.message, event), values: { ...valuesOf(rule.evidence, event), ...answersOf(rule.answers, context) } }
}

/** A rule with the proof that it is broken. */
export function findingWith({ id, regulation, citation, severity, remediation }: CompiledRule, { message, values }: Proof): Finding {
  return { rule: id, regulation, citation, severity, message, remediation, values: { ...values } }
}

/** An absent field is kept as null: that it was absent is evidence, too. */
function valuesOf(evidence: readonly FieldReader[], event: JudgedEvent): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const { name, path } of evidence) values[name] = valueAt(event, path) ?? null
  return values
}

/** What `consent` answered, never the string it read. A question that couldn't be put is kept as null. */
function answersOf(answers: readonly ConsentAnswer[], context: RuleContext): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const { name, answer } of answers) {
    try {
      values[name] = plainAnswer(answer(context))
    } catch {
      values[name] = null
    }
  }
  return values
}

function messageOf({ texts, fields }: CompiledRule['message'], event: JudgedEvent): string {
  let message = texts[0] ?? ''
  for (const [index, { path }] of fields.entries()) message += String(valueAt(event, path) ?? 'not stated') + (texts[index + 1] ?? '')
  return message
}

/** The value at a path of an event, own properties only; undefined where there is none. */
export function valueAt(event: JudgedEvent, path: readonly string[]): unknown {
  let value: unknown = event
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}
