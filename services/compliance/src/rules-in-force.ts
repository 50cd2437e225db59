import type { CompiledRuleSet } from '@ott/regulations/compile-rule-set'
import { unionOf } from '@ott/regulations/rule-set-pair'

/** A candidate that runs beside the live rule set. */
export interface Candidate {
  readonly id: string
  readonly rules: CompiledRuleSet
}

/** The rules a tenant's events are judged by. Never changes: a batch keeps the one it began with. */
export interface RulesInForce {
  readonly live: CompiledRuleSet
  readonly shadows: readonly Candidate[]
  /** The rules of all of them, so that one they share is evaluated once. */
  readonly all: CompiledRuleSet
}

export function rulesInForce(live: CompiledRuleSet, shadows: readonly Candidate[] = []): RulesInForce {
  return { live, shadows, all: shadows.length === 0 ? live : unionOf([live, ...shadows.map(({ rules }) => rules)]) }
}
