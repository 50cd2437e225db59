import { Problem } from '@ott/http/problem'
import type { Database } from '@ott/postgres/database'
import type { CompiledRuleSet } from '@ott/regulations/compile-rule-set'
import { composeRuleSet } from '@ott/regulations/compose-rule-set'
import { RegulationPackError } from '@ott/regulations/regulation-pack'
import type { RuleSetDefinition } from '@ott/regulations/rule-set-definition'
import { builtinRuleSetId, type KnownRuleSets } from '../known-rule-sets.ts'
import type { BuiltinRules, RuleSetDirectory } from './rule-set-directory.ts'
import { noteVersion, readRuleSet, readRuleSetsOfVersion } from './tenant-rule-set-store.ts'

export interface TenantRuleSetsOptions {
  readonly database: Database
  readonly directory: Pick<RuleSetDirectory, 'inForce'>
  readonly builtin: BuiltinRules
}

/** The rule sets that a tenant has in whatever state, beside the built-in packs. */
export function tenantRuleSets({ database, directory, builtin }: TenantRuleSetsOptions): KnownRuleSets {
  const composed = (definition: RuleSetDefinition, tenantId: string) => composeRuleSet(builtin.packs, definition, tenantId, { onUnknown: () => undefined })
  return {
    live: (tenantId) => directory.inForce(tenantId).live,
    async candidate(tenantId, ruleSetId) {
      if (ruleSetId === builtinRuleSetId) return builtin.rules
      const found = await readRuleSet(database, tenantId, ruleSetId)
      if (found === undefined) return undefined
      try {
        const rules = composed(found.definition, tenantId)
        // Who asks will ask again by this version, which may be another than when the draft was written: the packs go on.
        if (found.status === 'draft' && found.version !== rules.version) await noteVersion(database, tenantId, found, rules.version)
        return rules
      } catch (error) {
        if (!(error instanceof RegulationPackError)) throw error
        throw new Problem(422, 'invalid-rules', 'its rules do not compile: have them checked')
      }
    },
    async byVersion(tenantId, version) {
      const { live, shadows } = directory.inForce(tenantId)
      const known = [builtin.rules, live, ...shadows.map(({ rules }) => rules)].find((rules) => rules.version === version)
      if (known !== undefined) return known
      for (const { definition } of await readRuleSetsOfVersion(database, tenantId, version)) {
        const rules = composedOrNothing(() => composed(definition, tenantId))
        // The packs may have changed since: then nobody can make this version any more.
        if (rules?.version === version) return rules
      }
      return undefined
    },
  }
}

function composedOrNothing(compose: () => CompiledRuleSet): CompiledRuleSet | undefined {
  try {
    return compose()
  } catch (error) {
    if (error instanceof RegulationPackError) return undefined
    throw error
  }
}
