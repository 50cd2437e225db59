import type { Severity } from '@ott/contracts/severity'
import type { Database } from '@ott/postgres/database'
import type { CompiledRuleSet } from '@ott/regulations/compile-rule-set'

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

export function summariesOf({ rules }: CompiledRuleSet): RuleSummary[] {
  return rules.map(({ id, title, regulation, citation, severity }) => ({ id, title, regulation, citation, severity }))
}

/** Keeps a version of the product that came into force; one that is known keeps the time it has. */
export async function recordRuleSet(database: Database, rules: CompiledRuleSet, nowMs: number): Promise<void> {
  await database.transaction([], (sql) =>
    sql.query('insert into compliance.rule_sets (version, in_force_since, rules) values ($1, $2, $3) on conflict (version) do nothing', [rules.version, new Date(nowMs), JSON.stringify(summariesOf(rules))]),
  )
}

/** The same for a tenant's own version, which nobody else can read. */
export async function recordTenantRuleSet(database: Database, tenantId: string, rules: CompiledRuleSet, nowMs: number): Promise<void> {
  await database.transaction([tenantId], (sql) =>
    sql.query('insert into compliance.tenant_rule_versions (tenant_id, version, in_force_since, rules) values ($1, $2, $3, $4) on conflict do nothing', [
      tenantId,
      rules.version,
      new Date(nowMs),
      JSON.stringify(summariesOf(rules)),
    ]),
  )
}

/** Versions by name, the product's and the tenant's own; unknown ones are left out. */
export async function readRuleSets(database: Database, tenantId: string, versions: readonly string[]): Promise<Map<string, RuleSetRecord>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ version: string; in_force_since: Date; rules: RuleSummary[] }>(
      `select version, in_force_since, rules from compliance.rule_sets where version = any($1::text[])
       union all select version, in_force_since, rules from compliance.tenant_rule_versions where tenant_id = $2 and version = any($1::text[])`,
      [versions, tenantId],
    ),
  )
  return new Map(rows.map(({ version, in_force_since, rules }) => [version, { version, inForceSince: in_force_since.toISOString(), rules }]))
}
