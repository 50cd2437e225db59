import type { Finding } from '@ott/contracts/event-assessed'
import type { CompiledRule, CompiledRuleSet, FieldReader } from './compile-rule-set.ts'
import { plainAnswer } from './consent-in-cel.ts'
import type { ConsentAnswer } from './rule-condition.ts'
import { RuleContext } from './rule-context.ts'

/** What rules see of a viewer's event, which was checked against its contract on receipt. */
export interface JudgedEvent {
  readonly type: string
  readonly subject: string
  /** RFC 3339, event time. */
  readonly time: string
  readonly data: Readonly<Record<string, unknown>>
}

/** One rule could not be evaluated for one event. Names the rule; never holds values of the event. */
export class RuleEvaluationError extends Error {
  override readonly name = 'RuleEvaluationError'
  readonly rule: string

  constructor(rule: string, problem: string) {
    super(`rule ${rule} could not be evaluated: ${problem}`)
    this.rule = rule
  }
}

/**
 * Judges one event by the rules that apply to its type and to `data.country`. Pure: the same inputs give the same findings,
 * in the order of the rule set. An event without a country is judged by worldwide rules only.
 *
 * A field that the event lacks and the condition didn't ask for means that the rule isn't broken. Any other error in a condition
 * goes to `onFailure`, and the remaining rules are judged all the same.
 * @param onFailure by default throws, so that no failure goes unseen; a stage that must keep the event counts and reports it
 */
export function evaluate(event: JudgedEvent, rules: CompiledRuleSet, onFailure: (error: RuleEvaluationError) => void = throwIt): Finding[] {
  const { country } = event.data
  const applicable = rules.for(event.type, typeof country === 'string' ? country : undefined)
  const findings: Finding[] = []
  if (applicable.length === 0) return findings
  const context = new RuleContext(event, rules.consent)
  for (const rule of applicable) {
    if (isBroken(rule, context, onFailure)) findings.push(findingOf(rule, event, context))
  }
  return findings
}

function throwIt(error: RuleEvaluationError): never {
  throw error
}

function isBroken(rule: CompiledRule, context: RuleContext, onFailure: (error: RuleEvaluationError) => void): boolean {
  let result: unknown
  try {
    result = holds(rule, context)
  } catch (error) {
    const { code, summary } = error as { code?: string; summary?: string }
    if (code !== 'no_such_key') onFailure(new RuleEvaluationError(rule.id, summary ?? 'an unknown error'))
    return false
  }
  if (typeof result !== 'boolean') onFailure(new RuleEvaluationError(rule.id, `the condition gave ${typeof result}, not true or false`))
  return result === true
}

/**
 * cel-js tells kinds of objects apart by their `constructor`, so a producer's key of that name would switch every rule off.
 * Such an event is judged again, and by the remaining rules, without the key, which no condition may read. Others pay nothing.
 */
function holds(rule: CompiledRule, context: RuleContext): unknown {
  try {
    return rule.holds(context)
  } catch (error) {
    let found = false
    const withoutKey = JSON.stringify(context.event, (key, value: unknown) => {
      if (key !== 'constructor') return value
      found = true
      return undefined
    })
    if (!found) throw error
    context.event = JSON.parse(withoutKey) as JudgedEvent
    return rule.holds(context)
  }
}

function findingOf(rule: CompiledRule, event: JudgedEvent, context: RuleContext): Finding {
  return {
    rule: rule.id,
    regulation: rule.regulation,
    citation: rule.citation,
    severity: rule.severity,
    message: messageOf(rule.message, event),
    remediation: rule.remediation,
    values: { ...valuesOf(rule.evidence, event), ...answersOf(rule.answers, context) },
  }
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

function valueAt(event: JudgedEvent, path: readonly string[]): unknown {
  let value: unknown = event
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}
