import type { CompiledRuleSet } from '@ott/regulations/compile-rule-set'

/** The id by which the packs that come with the product are asked for as a rule set. */
export const builtinRuleSetId = 'builtin'

/** Where explanations, backtests and shadows find rule sets. */
export interface KnownRuleSets {
  /** In force for a tenant at this moment. */
  live(tenantId: string): CompiledRuleSet | Promise<CompiledRuleSet>
  /** A tenant's rule set as it stands, in whatever state; undefined when there is none of this id. */
  candidate(tenantId: string, ruleSetId: string): Promise<CompiledRuleSet | undefined>
  /** By exactly this version; undefined when this process can't make it any more. */
  byVersion(tenantId: string, version: string): Promise<CompiledRuleSet | undefined>
}
