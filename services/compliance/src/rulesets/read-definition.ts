import { problemsOf } from '@ott/contracts/define-event'
import type { FieldProblem } from '@ott/contracts/result'
import { checkSafeJson } from '@ott/contracts/safe-json'
import { invalidRequest } from '@ott/http/problem'
import type { PackProblem } from '@ott/regulations/regulation-pack'
import { ruleSetDefinition, type RuleSetDefinition } from '@ott/regulations/rule-set-definition'
import { readYaml, type YamlText } from '@ott/regulations/yaml-places'
import type { Request } from 'express'

/** A definition with the text it came in, where that was YAML. */
export interface SentDefinition {
  readonly definition: RuleSetDefinition
  readonly yaml: YamlText | undefined
}

/** Reads the definition of a request: JSON, or YAML whose faults are told with line and column. */
export function readDefinition(request: Request): SentDefinition {
  const yaml = typeof request.body === 'string' ? readYaml(request.body) : undefined
  if (yaml !== undefined && yaml.faults.length > 0) throw invalidRequest(yaml.faults.map((fault) => ({ field: '(body)', ...fault })))
  const safe = checkSafeJson(yaml === undefined ? (request.body ?? {}) : yaml.content)
  if (!safe.ok) throw invalidRequest(safe.problems)
  const parsed = ruleSetDefinition.safeParse(safe.value)
  if (parsed.success) return { definition: parsed.data, yaml }
  throw invalidRequest(problemsOf(parsed.error).map((problem) => ({ ...problem, ...yaml?.placeOf(problem.field.split('.')) })))
}

const ruleProblemsMax = 100

/**
 * What is wrong with the rules, for the one who sent them: with line and column of the YAML that was sent, and where the definition
 * was JSON, of the text in `ownRules`.
 */
export function toldProblems(problems: readonly PackProblem[], yaml?: YamlText): FieldProblem[] {
  return problems.slice(0, ruleProblemsMax).map(({ file, rule, field, problem, line, column }) => {
    if (file !== 'ownRules') return { field, problem, ...yaml?.placeOf(field.split('.')) }
    const place = line === undefined || column === undefined ? {} : (yaml?.placeWithin(['ownRules'], { line, column }) ?? { line, column })
    return { field: ['ownRules', rule, field].filter((part) => part !== undefined && part !== '(text)').join('.'), problem, ...place }
  })
}
