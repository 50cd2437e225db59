import type { Severity } from '@ott/contracts/severity'
import type { Database } from '@ott/postgres/database'
import type { RegulationPack } from '@ott/regulations/regulation-pack'

/** Rules that are or were in force together, as they are told to people. */
export interface RuleSetRecord {
  readonly version: string
  readonly inForceSince: string
  readonly rules: readonly RuleSummary[]
}

export interface RuleSummary {
  readonly id: string
  readonly title: string
  readonly regulation: string
  readonly citation: string
  readonly severity: Severity
}

export function summariesOf(packs: readonly RegulationPack[]): RuleSummary[] {
  return packs.flatMap(({ regulation, rules }) => rules.map(({ id, title, citation, severity }) => ({ id, title, regulation, citation, severity })))
}

/** Keeps a version that came into force; one that is known keeps the time it has. */
export async function recordRuleSet(database: Database, version: string, rules: readonly RuleSummary[], nowMs: number): Promise<void> {
  await database.transaction([], (sql) =>
    sql.query('insert into compliance.rule_sets (version, in_force_since, rules) values ($1, $2, $3) on conflict (version) do nothing', [version, new Date(nowMs), JSON.stringify(rules)]),
  )
}

/** Versions by name; unknown ones are left out. */
export async function readRuleSets(database: Database, versions: readonly string[]): Promise<Map<string, RuleSetRecord>> {
  const rows = await database.transaction([], (sql) =>
    sql.query<{ version: string; in_force_since: Date; rules: RuleSummary[] }>('select version, in_force_since, rules from compliance.rule_sets where version = any($1::text[])', [versions]),
  )
  return new Map(rows.map(({ version, in_force_since, rules }) => [version, { version, inForceSince: in_force_since.toISOString(), rules }]))
}
