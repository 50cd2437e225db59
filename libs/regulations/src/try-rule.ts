import type { Finding } from '@ott/contracts/event-assessed'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { compileRuleSet, type CompiledRuleSet } from './compile-rule-set.ts'
import { explain, type RuleExplanation } from './explain.ts'
import { judgeStory } from './judge-story.ts'
import type { ObservedEvent } from './observe.ts'
import { lists, RegulationPackError, type PackProblem } from './regulation-pack.ts'
import { jurisdictions, triedRule } from './regulation-rule.ts'

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
  const rule = triedRule.safeParse(typeof given === 'string' ? readYaml(given) : given)
  if (!rule.success) throw new RegulationPackError(problemsIn(rule.error))
  const [regulation = file] = rule.data.id.split('.')
  return compileRuleSet([{ ...known.data, regulation, name: regulation, file, rules: [rule.data] }], 'tried')
}

function readYaml(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: true })
  if (document.errors.length > 0) {
    throw new RegulationPackError(
      document.errors.map(({ message, linePos }): PackProblem => {
        const place = linePos === undefined ? {} : { line: linePos[0].line, column: linePos[0].col }
        return { file, field: '(text)', problem: message.split(/ at line \d+/)[0] ?? message, ...place }
      }),
    )
  }
  const content: unknown = asJson(document)
  return Array.isArray(content) && content.length === 1 ? content[0] : content
}

/** Aliases that would multiply without bound are refused by the reader. */
function asJson(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS()
  } catch {
    throw new RegulationPackError([{ file, field: '(text)', problem: 'has aliases that lead nowhere, or to too much' }])
  }
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
