import { ruleSetConfigured, type RuleSetConfiguration } from '@ott/contracts/rule-set-configured'
import type { Bus } from '@ott/pipeline/bus'
import { followConfiguration } from '@ott/pipeline/follow-configuration'
import type { CompiledPack } from '@ott/regulations/compile-pack'
import { compilePacks, ruleSetOfPacks, type CompiledRuleSet } from '@ott/regulations/compile-rule-set'
import { composeRuleSet } from '@ott/regulations/compose-rule-set'
import type { RegulationPack } from '@ott/regulations/regulation-pack'
import { ruleSetDefinition } from '@ott/regulations/rule-set-definition'
import { rulesInForce, type RulesInForce } from '../rules-in-force.ts'

/** The packs that come with the product, compiled once in this process. */
export interface BuiltinRules {
  readonly packs: readonly CompiledPack[]
  readonly rules: CompiledRuleSet
}

/** Compiles them, each pack once. */
export function builtinRules(packs: readonly RegulationPack[]): BuiltinRules {
  const compiled = compilePacks(packs)
  return { packs: compiled, rules: ruleSetOfPacks(compiled, 'builtin') }
}

/** Every tenant's rules in force, as the compacted topic says. Reads are from memory, and what they give never changes. */
export interface RuleSetDirectory {
  inForce(tenantId: string): RulesInForce
  /** Id of the published rule set; undefined where the built-in packs are in force. */
  publishedId(tenantId: string): string | undefined
  /** True once everything that was in the topic at the start has been read. */
  isCaughtUp(): boolean
  stop(): Promise<void>
}

export interface FollowRuleSetsOptions {
  readonly bus: Bus
  /** Unique to this process: every process reads the whole topic. */
  readonly group: string
  readonly builtin: BuiltinRules
  /** A record that breaks its contract. */
  onInvalid(detail: string): void
  /** A rule set that doesn't compile here: what was in force before stays. */
  onRefused(ruleSet: Pick<RuleSetConfiguration, 'tenantId' | 'ruleSetId' | 'number'>, error: unknown): void
  /** A tenant's live rules are others now. */
  onChange?(tenantId: string, live: CompiledRuleSet): void
  onFatal(error: Error): void
}

interface Told {
  readonly sequence: number
  readonly status: RuleSetConfiguration['status']
  /** Undefined where it doesn't compile here. */
  readonly rules: CompiledRuleSet | undefined
}

interface TenantState {
  readonly told: Map<string, Told>
  /** What is in force, and since which sequence; kept when a later one doesn't compile. */
  live: { readonly id: string; readonly rules: CompiledRuleSet } | undefined
  inForce: RulesInForce
}

/**
 * Follows the topic from its beginning; never commits, for the topic itself is the memory. One record changes a tenant's live rules from
 * one value to another: there is no moment with both, or with half of one.
 */
export async function followRuleSets({ bus, group, builtin, onInvalid, onRefused, onChange, onFatal }: FollowRuleSetsOptions): Promise<RuleSetDirectory> {
  const withoutOwn = rulesInForce(builtin.rules)
  const tenants = new Map<string, TenantState>()

  const compiled = (configuration: RuleSetConfiguration): CompiledRuleSet | undefined => {
    if (configuration.status === 'retired') return undefined
    try {
      return composeRuleSet(builtin.packs, ruleSetDefinition.parse(configuration.definition), configuration.tenantId, { onUnknown: () => undefined })
    } catch (error) {
      onRefused(configuration, error)
      return undefined
    }
  }

  const put = (configuration: RuleSetConfiguration) => {
    const { tenantId, ruleSetId, sequence, status } = configuration
    const state = tenants.get(tenantId) ?? { told: new Map<string, Told>(), live: undefined, inForce: withoutOwn }
    if ((state.told.get(ruleSetId)?.sequence ?? 0) >= sequence) return
    tenants.set(tenantId, state)
    state.told.set(ruleSetId, { sequence, status, rules: compiled(configuration) })
    const before = state.inForce.live
    state.live = liveOf(state)
    const shadows = [...state.told].flatMap(([id, told]) => (told.status === 'shadow' && told.rules !== undefined ? [{ id, rules: told.rules }] : []))
    state.inForce = rulesInForce(state.live?.rules ?? builtin.rules, shadows)
    if (state.inForce.live !== before) onChange?.(tenantId, state.inForce.live)
  }

  const followed = await followConfiguration({ bus, contract: ruleSetConfigured, group, onRecord: put, onInvalid, onFatal })
  return {
    inForce: (tenantId) => tenants.get(tenantId)?.inForce ?? withoutOwn,
    publishedId: (tenantId) => tenants.get(tenantId)?.live?.id,
    isCaughtUp: () => followed.isCaughtUp(),
    stop: () => followed.stop(),
  }
}

/** Of the published ones that of the highest sequence; where that doesn't compile here, what was in force before. */
function liveOf({ told, live }: TenantState): TenantState['live'] {
  let latest: readonly [string, Told] | undefined
  for (const each of told) if (each[1].status === 'published' && each[1].sequence > (latest?.[1].sequence ?? 0)) latest = each
  if (latest === undefined) return undefined
  const [id, { rules }] = latest
  if (rules === undefined) return live
  return live?.rules === rules ? live : { id, rules }
}
