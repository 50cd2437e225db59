import { hash } from 'node:crypto'
import { createConsentReader, type ConsentReader } from '@ott/consent-signals/consent-reader'
import { compilePack, type CompiledPack } from './compile-pack.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { RegulationPackError, type PackProblem, type RegulationPack } from './regulation-pack.ts'
import { indexRules, indexSteps, type TimedStep } from './rule-index.ts'

/** The rules in force, indexed by event type and the viewer's place. Never changes. */
export interface CompiledRuleSet {
  /** Name and content hash, such as `builtin-3f9a1c20b7de`: the same rules have the same version wherever they are compiled. */
  readonly version: string
  readonly rules: readonly CompiledRule[]
  readonly byKey: ReadonlyMap<string, CompiledRule>
  /**
   * The rules that one event alone can break, always in the same order. Without a country only those that apply worldwide;
   * without a region none of a subdivision.
   */
  for(type: string, country?: string, region?: string): readonly CompiledRule[]
  /** What an event may be to the rules about several events. */
  steps(type: string, country?: string, region?: string): readonly TimedStep[]
  /** Reads the consent signals that conditions ask for. */
  readonly consent: ConsentReader
}

/** Strings that a rule set keeps decoded, of each kind: about as many viewers as watch at the same time on one partition. */
const consentStringsMax = 1_000

/**
 * Compiles packs into a rule set.
 * @param name first part of the version
 * @throws {RegulationPackError} naming file, rule, line and column (from 1, inside the condition) of every fault
 */
export function compileRuleSet(packs: readonly RegulationPack[], name = 'builtin'): CompiledRuleSet {
  return ruleSetOfPacks(compilePacks(packs), name)
}

/**
 * Compiles packs that belong together: no two rules of theirs share an id.
 * @returns in the order of their regulations
 * @throws {RegulationPackError} naming file, rule, line and column (from 1, inside the condition) of every fault of all of them
 */
export function compilePacks(packs: readonly RegulationPack[]): CompiledPack[] {
  const problems: PackProblem[] = []
  const compiled: CompiledPack[] = []
  const ids = new Set<string>()
  for (const pack of packs) {
    for (const { id } of pack.rules) {
      if (ids.has(id)) problems.push({ file: pack.file, rule: id, field: 'id', problem: 'is there twice' })
      ids.add(id)
    }
    try {
      compiled.push(compilePack(pack))
    } catch (error) {
      if (!(error instanceof RegulationPackError)) throw error
      problems.push(...error.problems)
    }
  }
  if (problems.length > 0) throw new RegulationPackError(problems)
  return compiled.sort((a, b) => (a.regulation < b.regulation ? -1 : 1))
}

/** All rules of compiled packs, as one set. */
export function ruleSetOfPacks(packs: readonly CompiledPack[], name: string): CompiledRuleSet {
  return ruleSetOf(
    packs.flatMap(({ rules }) => rules),
    name,
  )
}

/** Rules, each compiled already, as a set of their own. */
export function ruleSetOf(rules: readonly CompiledRule[], name: string): CompiledRuleSet {
  const byPlace = indexRules(rules)
  const steps = indexSteps(rules)
  const content = rules.map(({ id, key, severity }) => [id, key, severity])
  return {
    version: `${name}-${hash('sha256', JSON.stringify(content), 'hex').slice(0, 12)}`,
    rules,
    consent: createConsentReader({ cacheEntriesMax: consentStringsMax }),
    byKey: new Map(rules.map((rule) => [rule.key, rule])),
    for: (type, country, region) => byPlace.for(type, country, region),
    steps: (type, country, region) => steps.for(type, country, region),
  }
}
