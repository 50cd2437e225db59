import type { CompiledRuleSet } from '@ott/regulations/compile-rule-set'
import type { KnownRuleSets } from './known-rule-sets.ts'

/** The id by which the packs that come with the product are asked for as a rule set. */
export const builtinRuleSetId = 'builtin'

/** The built-in packs, as this process has them, for every tenant: another version of them is not known. */
export function builtinRuleSets(rules: CompiledRuleSet): KnownRuleSets {
  return {
    live: () => rules,
    candidate: (_tenantId, ruleSetId) => Promise.resolve(ruleSetId === builtinRuleSetId ? rules : undefined),
    byVersion: (_tenantId, version) => Promise.resolve(version === rules.version ? rules : undefined),
  }
}
