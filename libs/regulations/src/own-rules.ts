import { z } from 'zod'
import { lists, packProblem, RegulationPackError, type PackProblem, type RegulationPack } from './regulation-pack.ts'
import { jurisdictions, regulationRule } from './regulation-rule.ts'
import { readYaml, type YamlText } from './yaml-places.ts'

/** The regulation that a tenant's own rules belong to: their ids begin with it. */
export const ownRegulation = 'own'

const file = 'ownRules'
export const ownRulesMax = 500
/** Events that all examples tell of together: they are judged whenever a rule set is checked. */
const exampleEventsMax = 5_000
/** Each condition is checked against each event type of its rule. */
const checkedTypesMax = 2_000

const ownRulesSchema = z.strictObject({ jurisdictions: jurisdictions.default('worldwide'), lists, rules: z.array(regulationRule).min(1).max(ownRulesMax) })

/** A tenant's own rules, read. */
export interface OwnRules {
  readonly pack: RegulationPack
  /** The same problem with line and column in the text that was read. */
  locate(problem: PackProblem): PackProblem
}

/**
 * Reads a tenant's own rules: YAML with `rules` and, if they need them, `lists` and `jurisdictions` for all that name none.
 * @throws {RegulationPackError} with line and column in the text of everything wrong
 */
export function readOwnRules(text: string): OwnRules {
  const yaml = readYaml(text)
  if (yaml.content === undefined && yaml.faults.length > 0) {
    throw new RegulationPackError(yaml.faults.map(({ problem, line, column }) => ({ file, field: '(text)', problem, line, column })))
  }
  const locate = (problem: PackProblem) => located(problem, yaml)
  const parsed = ownRulesSchema.safeParse(yaml.content)
  if (!parsed.success) throw new RegulationPackError(parsed.error.issues.map((issue) => locate(packProblem(issue, yaml.content, file))))
  const pack: RegulationPack = { regulation: ownRegulation, name: 'Own rules', file, ...parsed.data }
  const problems = [...idProblems(pack), ...boundProblems(pack)]
  if (problems.length > 0) throw new RegulationPackError(problems.map(locate))
  return { pack, locate }
}

function located(problem: PackProblem, yaml: YamlText): PackProblem {
  const { rule, field, line, column } = problem
  const path = [...(rule === undefined ? [] : ['rules', String(indexOfRule(rule, yaml.content))]), ...field.replace(/, line \d+, column \d+$/, '').split('.')]
  const place = line === undefined || column === undefined ? yaml.placeOf(path) : yaml.placeWithin(path, { line, column })
  return { ...problem, field: path.slice(rule === undefined ? 0 : 2).join('.'), ...place }
}

/** Rules are named by their id, or as `rules[3]`. Of two with the same id the last is meant: it is the one too many. */
function indexOfRule(rule: string, content: unknown): number {
  const numbered = /^rules\[(\d+)\]$/.exec(rule)
  if (numbered !== null) return Number(numbered[1])
  return (content as { rules: ({ id?: unknown } | null)[] }).rules.findLastIndex((each) => each?.id === rule)
}

function idProblems({ rules }: RegulationPack): PackProblem[] {
  const ids = new Set<string>()
  return rules.flatMap(({ id }) => {
    const problem = !id.startsWith(`${ownRegulation}.`) ? `must begin with "${ownRegulation}."` : ids.has(id) ? 'is there twice' : undefined
    ids.add(id)
    return problem === undefined ? [] : [{ file, rule: id, field: 'id', problem }]
  })
}

function boundProblems({ rules }: RegulationPack): PackProblem[] {
  const events = rules.flatMap(({ examples }) => examples).reduce((sum, example) => sum + (example.events?.length ?? 1), 0)
  const types = rules.reduce((sum, { eventTypes, after, unless, deadline }) => {
    const steps = [after, unless, deadline?.until, deadline?.extension]
    return sum + eventTypes.length + steps.reduce((own, step) => own + (step?.eventTypes.length ?? 0), 0)
  }, 0)
  const problems = []
  if (events > exampleEventsMax) problems.push({ file, field: 'rules', problem: `has examples of ${events} events: ${exampleEventsMax} in all are allowed` })
  if (types > checkedTypesMax) problems.push({ file, field: 'rules', problem: `has conditions over ${types} event types: ${checkedTypesMax} in all are allowed` })
  return problems
}
