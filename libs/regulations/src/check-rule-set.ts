import { checkReachability, searchBudgetOfCheck } from './check-reachability.ts'
import { compilePack, type CompiledPack } from './compile-pack.ts'
import { composeRuleSet } from './compose-rule-set.ts'
import { ruleSetOf, type CompiledRuleSet } from './compile-rule-set.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { costLimits, costsOf } from './condition-cost.ts'
import { findingsOf } from './judge-story.ts'
import { ownRegulation, readOwnRules, type OwnRules } from './own-rules.ts'
import { RegulationPackError, type PackProblem } from './regulation-pack.ts'
import type { RuleSetDefinition } from './rule-set-definition.ts'

/** A pack with the lists its conditions name: what its cost is counted by. */
export interface ListedPack {
  readonly regulation: string
  readonly lists: Readonly<Record<string, readonly string[]>>
}

/** A rule set that may be put in force. */
export interface CheckedRuleSet {
  readonly rules: CompiledRuleSet
  /** Own rules whose conditions are too tangled to tell whether they can be true: they may be published. */
  readonly undecided: readonly string[]
}

/**
 * Everything that can be found wrong with a rule set before an event meets it: what is named and not there, fields, types, conditions
 * that can never be true or always are, their cost, and examples of own rules that don't hold.
 * @throws {RegulationPackError} with every fault; those of own rules with line and column in their text
 */
export function checkRuleSet(builtin: readonly CompiledPack[], listed: readonly ListedPack[], definition: RuleSetDefinition, tenantId: string): CheckedRuleSet {
  const rules = composeRuleSet(builtin, definition, tenantId)
  const own = definition.ownRules === undefined ? undefined : readOwnRules(definition.ownRules)
  const undecided: string[] = []
  const problems = own === undefined ? [] : ownProblems(own, undecided).map(own.locate)
  const lists = new Map([...listed, ...(own === undefined ? [] : [own.pack])].map((pack) => [pack.regulation, pack.lists]))
  if (problems.length === 0) problems.push(...sumProblems(rules, lists))
  if (problems.length > 0) throw new RegulationPackError(problems)
  return { rules, undecided }
}

function ownProblems({ pack }: OwnRules, undecided: string[]): PackProblem[] {
  const { lists, file } = pack
  const budget = { left: searchBudgetOfCheck }
  const compiled = compilePack(pack)
  return compiled.rules.flatMap((rule) => {
    const at = { file, rule: rule.id }
    const reachability = checkReachability(rule, { lists, budget })
    if (reachability.undecided) undecided.push(rule.id)
    return [...reachability.problems.map((problem) => ({ ...at, ...problem })), ...costProblems(rule, lists).map((problem) => ({ ...at, ...problem })), ...exampleProblems(compiled, pack, rule.id)]
  })
}

function costProblems(rule: CompiledRule, lists: ListedPack['lists']): { field: string; problem: string }[] {
  const dearest = new Map<string, number>()
  for (const { field, cost } of costsOf(rule, lists)) dearest.set(field, Math.max(cost, dearest.get(field) ?? 0))
  return [...dearest].filter(([, cost]) => cost > costLimits.rule).map(([field, cost]) => ({ field, problem: `may take ${cost} steps on one event: ${costLimits.rule} are allowed` }))
}

/** A rule is put to its own examples alone: those of others are theirs. */
function exampleProblems(compiled: CompiledPack, { rules, file }: OwnRules['pack'], id: string): PackProblem[] {
  const rule = rules.find((each) => each.id === id)
  const judged = ruleSetOf(
    compiled.rules.filter((each) => each.id === id),
    'example',
  )
  return (rule?.examples ?? []).flatMap((example, index) => {
    const fires = rule !== undefined && findingsOf(rule, example, judged).length > 0
    if (fires === example.fires) return []
    return [{ file, rule: id, field: `examples.${index}`, problem: example.fires ? 'should fire, and the rule finds nothing' : 'should not fire, and the rule finds a breach' }]
  })
}

function sumProblems({ rules }: CompiledRuleSet, lists: ReadonlyMap<string, ListedPack['lists']>): PackProblem[] {
  const sums = new Map<string, number>()
  for (const rule of rules) for (const { type, cost } of costsOf(rule, lists.get(rule.regulation) ?? {})) sums.set(type, cost + (sums.get(type) ?? 0))
  const field = rules.some(({ regulation }) => regulation === ownRegulation) ? 'ownRules' : 'packs'
  return [...sums]
    .filter(([, cost]) => cost > costLimits.eventType)
    .map(([type, cost]) => ({ file: 'rule set', field, problem: `all rules together may take ${cost} steps on one ${type}: ${costLimits.eventType} are allowed` }))
}
