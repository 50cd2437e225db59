import { compilePack, type CompiledPack } from './compile-pack.ts'
import { ruleSetOf, type CompiledRuleSet } from './compile-rule-set.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { readOwnRules, type OwnRules } from './own-rules.ts'
import { RegulationPackError, type PackProblem } from './regulation-pack.ts'
import type { RuleSetDefinition } from './rule-set-definition.ts'

const file = 'rule set'

export interface ComposeOptions {
  /**
   * Told of packs and rules that are named and not there; the rest is composed without them. Without it they are faults. For definitions
   * that were right when they were published: a rule that a later version of a pack lacks must not cost a tenant all the others.
   */
  onUnknown?(problem: PackProblem): void
}

/**
 * Makes a tenant's rule set of the rules that are compiled already and its own, which are compiled here. Pure: the same packs and
 * definition give the same rules and the same version, `<tenant>-<content hash>`, everywhere.
 * @throws {RegulationPackError} naming every fault; those of own rules with line and column in their text
 */
export function composeRuleSet(builtin: readonly CompiledPack[], definition: RuleSetDefinition, tenantId: string, { onUnknown }: ComposeOptions = {}): CompiledRuleSet {
  const problems: PackProblem[] = []
  const unknown = onUnknown ?? ((problem) => problems.push(problem))
  const picked = [...pickPacks(builtin, definition, unknown), ...compileOwnRules(definition.ownRules, problems)]
  const rules = override(picked.flatMap((pack) => pack.rules), definition, (problem) => (problems.length > 0 ? undefined : unknown(problem)))
  if (problems.length > 0) throw new RegulationPackError(problems)
  return ruleSetOf(rules, tenantId)
}

/** In the order in which the product's own rule set has them, however the definition names them. */
function pickPacks(builtin: readonly CompiledPack[], { packs }: RuleSetDefinition, unknown: (problem: PackProblem) => void): CompiledPack[] {
  const ordered = [...builtin].sort((a, b) => (a.regulation < b.regulation ? -1 : 1))
  if (packs === 'all') return ordered
  const known = new Set(builtin.map(({ regulation }) => regulation))
  for (const [index, name] of packs.entries()) if (!known.has(name)) unknown({ file, field: `packs.${index}`, problem: `there is no pack of this name` })
  return ordered.filter(({ regulation }) => packs.includes(regulation))
}

function compileOwnRules(text: string | undefined, problems: PackProblem[]): CompiledPack[] {
  if (text === undefined) return []
  let own: OwnRules | undefined
  try {
    own = readOwnRules(text)
    return [compilePack(own.pack)]
  } catch (error) {
    if (!(error instanceof RegulationPackError)) throw error
    problems.push(...(own === undefined ? error.problems : error.problems.map(own.locate)))
    return []
  }
}

function override(rules: readonly CompiledRule[], { overrides }: RuleSetDefinition, unknown: (problem: PackProblem) => void): CompiledRule[] {
  const ids = new Set(rules.map(({ id }) => id))
  for (const [index, { rule }] of overrides.entries()) {
    if (!ids.has(rule)) unknown({ file, field: `overrides.${index}.rule`, problem: 'there is no rule of this id in the packs that count' })
  }
  const byRule = new Map(overrides.map((each) => [each.rule, each]))
  return rules.flatMap((rule) => {
    const { severity, enabled } = byRule.get(rule.id) ?? {}
    if (enabled === false) return []
    return [severity === undefined ? rule : { ...rule, severity }]
  })
}
