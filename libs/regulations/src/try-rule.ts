import type { Finding } from '@ott/contracts/event-assessed'
import { z } from 'zod'
import { compileRuleSet, type CompiledRuleSet } from './compile-rule-set.ts'
import { explain, type RuleExplanation } from './explain.ts'
import { judgeStory } from './judge-story.ts'
import type { ObservedEvent } from './observe.ts'
import { lists, RegulationPackError, type PackProblem } from './regulation-pack.ts'
import { jurisdictions, triedRule } from './regulation-rule.ts'
import { readYaml } from './yaml-places.ts'

/** What a pack says for all of its rules, as far as a rule alone needs it. */
const surroundings = z.object({ lists, jurisdictions: jurisdictions.default('worldwide') })

const file = 'rule'

/**
 * Compiles one rule as it stands in a pack, to try it; examples may be left out.
 * @param given the rule, or its YAML, alone or as the only item of a list
 * @param around `lists` and `jurisdictions` of its pack; without them there are no lists, and the rule applies everywhere
 * @throws {RegulationPackError} naming the field of everything wrong, and line and column where a text is wrong
 */
export function compileTriedRule(given: unknown, around: { readonly lists?: unknown; readonly jurisdictions?: unknown } = {}): CompiledRuleSet {
  const known = surroundings.safeParse(around)
  if (!known.success) throw new RegulationPackError(problemsIn(known.error))
  const rule = triedRule.safeParse(typeof given === 'string' ? ruleOf(given) : given)
  if (!rule.success) throw new RegulationPackError(problemsIn(rule.error))
  const [regulation = file] = rule.data.id.split('.')
  return compileRuleSet([{ ...known.data, regulation, name: regulation, file, rules: [rule.data] }], 'tried')
}

/** One rule as YAML has it, alone or as the only item of a list. */
function ruleOf(text: string): unknown {
  const { content, faults } = readYaml(text)
  if (faults.length > 0) throw new RegulationPackError(faults.map((fault) => ({ file, field: '(text)', ...fault })))
  return Array.isArray(content) && content.length === 1 ? (content as unknown[])[0] : content
}

function problemsIn({ issues }: z.ZodError): PackProblem[] {
  return issues.map((issue) => {
    const unknownKeys = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
    return { file, field: [...issue.path, ...unknownKeys].map(String).join('.') || '(all)', problem: unknownKeys.length > 0 ? 'is not a known field' : issue.message }
  })
}

/** What a rule makes of some events. */
export interface RuleTrial {
  readonly fired: boolean
  /** In order; `event` is the place of the event in the list, or null for a period that ended by itself. */
  readonly findings: readonly (Pick<Finding, 'message' | 'values' | 'severity'> & { readonly event: number | null })[]
  /** For each event what it is to the rule: nothing, where the rule doesn't apply to its type or place. */
  readonly events: readonly (readonly RuleExplanation[])[]
}

/**
 * Tries a compiled rule on events, one after the other. Pure.
 * @param asOfMs when periods that run are looked at, after the events
 */
export function tryRule(rules: CompiledRuleSet, events: readonly ObservedEvent[], asOfMs?: number): RuleTrial {
  const story = judgeStory(rules, { onFailure: () => undefined })
  const found = events.map((event) => story.judge(event))
  const ended = asOfMs === undefined ? [] : story.passTo(asOfMs)
  const told = (event: number | null) => ({ message, values, severity }: Finding) => ({ event, severity, message, values })
  const findings = [...found.flatMap((each, index) => each.map(told(index))), ...ended.map(told(null))]
  return {
    fired: findings.length > 0,
    findings,
    events: events.map((event, index) => explain(event, rules, { timelines: story.timelines, found: found[index] ?? [] })),
  }
}
