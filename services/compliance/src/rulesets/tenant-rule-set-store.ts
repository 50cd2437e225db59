import { randomUUID } from 'node:crypto'
import type { Cursor, PageRequest } from '@ott/http/page'
import { Problem } from '@ott/http/problem'
import { isUuid } from '@ott/http/query-text'
import type { Database, Sql } from '@ott/postgres/database'
import type { RuleSetDefinition } from '@ott/regulations/rule-set-definition'
import { refusalOf, type RuleSetAction, type RuleSetStatus } from './rule-set-transitions.ts'

/** A tenant's rule set as it is kept. */
export interface TenantRuleSet {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly definition: RuleSetDefinition
  readonly revision: number
  readonly version: string | null
  readonly status: RuleSetStatus
  readonly authors: readonly string[]
  readonly createdAt: Date
  readonly changedAt: Date
  readonly approvedBy: string | null
  readonly approvedAt: Date | null
  readonly withoutEvidence: string | null
  readonly shadowedAt: Date | null
  readonly publishedBy: string | null
  readonly publishedAt: Date | null
  readonly retiredAt: Date | null
  readonly sequence: number
  readonly announced: boolean
}

/** One entry of the audit trail. */
export interface RuleSetTransition {
  readonly sequence: number
  readonly at: Date
  readonly by: string
  readonly action: string
  readonly revision: number
  readonly version: string | null
  readonly reason: string | null
}

/** Who does something, and when. */
export interface Actor {
  readonly tenantId: string
  readonly keyId: string
  readonly nowMs: number
}

const keptMax = 1_000
const draftsMax = 100

interface Row extends Omit<TenantRuleSet, 'sequence'> {
  sequence: string
}

/** The columns of a rule set by the names they have here. */
export const ruleSetColumns = `id, number, name, definition, revision, version, status, authors, created_at as "createdAt", changed_at as "changedAt",
  approved_by as "approvedBy", approved_at as "approvedAt", without_evidence as "withoutEvidence", shadowed_at as "shadowedAt",
  published_by as "publishedBy", published_at as "publishedAt", retired_at as "retiredAt", sequence, announced`

export function ruleSetOfRow(row: Row): TenantRuleSet {
  return { ...row, sequence: Number(row.sequence) }
}

/** Keeps a new draft. A Problem when there are too many. */
export function createRuleSet(database: Database, actor: Actor, definition: RuleSetDefinition, version: string | null): Promise<TenantRuleSet> {
  return database.transaction([actor.tenantId], async (sql) => {
    const sequence = await nextSequence(sql, actor.tenantId)
    const [counts] = await sql.query<{ kept: number; drafts: number; last: number }>(
      `select count(*)::int as kept, count(*) filter (where status = 'draft')::int as drafts, coalesce(max(number), 0) as last from compliance.tenant_rule_sets where tenant_id = $1`,
      [actor.tenantId],
    )
    const { kept = 0, drafts = 0, last = 0 } = counts ?? {}
    if (kept >= keptMax) throw new Problem(409, 'conflict', `${keptMax} rule sets are kept already`)
    if (drafts >= draftsMax) throw new Problem(409, 'conflict', `there are ${draftsMax} drafts already: retire some`)
    const [row] = await sql.query<Row>(
      `insert into compliance.tenant_rule_sets (tenant_id, id, number, name, definition, version, authors, created_at, changed_at, sequence)
       values ($1, $2, $3, $4, $5, $6, array[$7::text], $8, $8, $9) returning ${ruleSetColumns}`,
      [actor.tenantId, randomUUID(), last + 1, definition.name, JSON.stringify(definition), version, actor.keyId, new Date(actor.nowMs), sequence],
    )
    return noted(sql, actor, 'create', ruleSetOfRow(row as Row))
  })
}

/** Changes a draft. Whatever was approved was another content, so the approval ends. */
export function changeRuleSet(database: Database, actor: Actor, id: string, revision: number, definition: RuleSetDefinition, version: string | null): Promise<TenantRuleSet> {
  return database.transaction([actor.tenantId], async (sql) => {
    const sequence = await nextSequence(sql, actor.tenantId)
    const known = await lockedRuleSet(sql, actor.tenantId, id)
    if (known.status !== 'draft') throw new Problem(409, 'conflict', 'only a draft can be changed: make a new one')
    if (known.revision !== revision) throw new Problem(412, 'precondition-failed', `it is at revision ${known.revision}`)
    const [row] = await sql.query<Row>(
      `update compliance.tenant_rule_sets set name = $3, definition = $4, version = $5, revision = revision + 1, changed_at = $6, sequence = $7,
         authors = case when $8 = any(authors) then authors else authors || $8::text end, approved_by = null, approved_at = null, without_evidence = null
       where tenant_id = $1 and id = $2 returning ${ruleSetColumns}`,
      [actor.tenantId, id, definition.name, JSON.stringify(definition), version, new Date(actor.nowMs), sequence, actor.keyId],
    )
    return noted(sql, actor, 'change', ruleSetOfRow(row as Row))
  })
}

/** What goes with a transition: the state that was checked, and what an approver says. */
export interface TransitionRequest {
  readonly revision: number
  readonly version: string | null
  readonly withoutEvidence?: string | null
}

/** Makes a transition, or throws the Problem that says what is missing. Publishing one retires the one before with it. */
export function takeAction(database: Database, actor: Actor, action: RuleSetAction, id: string, { revision, version, withoutEvidence = null }: TransitionRequest): Promise<TenantRuleSet> {
  const { tenantId, keyId, nowMs } = actor
  return database.transaction([tenantId], async (sql) => {
    const sequence = await nextSequence(sql, tenantId)
    const known = await lockedRuleSet(sql, tenantId, id)
    const [facts] = await sql.query<{ backtested: boolean; shadows: number }>(
      `select exists (select from compliance.backtests where tenant_id = $1 and rule_set_id = $2 and candidate_version = $3 and status = 'finished') as backtested,
         (select count(*)::int from compliance.tenant_rule_sets where tenant_id = $1 and status = 'shadow') as shadows`,
      [tenantId, id, version],
    )
    const refusal = refusalOf(
      action,
      { ...known, wasInShadow: known.shadowedAt !== null, wasPublished: known.publishedAt !== null, hasFinishedBacktest: facts?.backtested ?? false, shadows: facts?.shadows ?? 0 },
      keyId,
    )
    if (refusal !== undefined) throw new Problem(409, refusal.code, refusal.detail)
    if (known.revision !== revision) throw new Problem(409, 'conflict', 'it was changed meanwhile')
    const now = new Date(nowMs)
    // Told only where it was told of before, or is to be.
    const wasTold = known.status !== 'draft'
    switch (action) {
      case 'shadow':
        return noted(sql, actor, action, await set(sql, tenantId, id, sequence, `status = 'shadow', shadowed_at = $4, version = $5, announced = false`, [now, version]))
      case 'approve':
        return noted(sql, actor, action, await set(sql, tenantId, id, sequence, 'approved_by = $4, approved_at = $5, without_evidence = $6, version = $7', [keyId, now, withoutEvidence, version]), withoutEvidence)
      case 'retire':
        return noted(sql, actor, action, await set(sql, tenantId, id, sequence, `status = 'retired', retired_at = $4, announced = announced and not $5`, [now, wasTold]))
      case 'publish': {
        const [former] = await sql.query<{ id: string }>(`select id from compliance.tenant_rule_sets where tenant_id = $1 and status = 'published' for update`, [tenantId])
        if (former !== undefined) {
          const later = await nextSequence(sql, tenantId)
          noted(sql, actor, 'supersede', await set(sql, tenantId, former.id, later, `status = 'retired', retired_at = $4, announced = false`, [now]))
        }
        return noted(sql, actor, action, await set(sql, tenantId, id, sequence, `status = 'published', published_by = $4, published_at = $5, retired_at = null, version = $6, announced = false`, [keyId, now, version]))
      }
    }
  })
}

/** The next number of a tenant's sequence; until the transaction ends nobody else gets one. */
async function nextSequence(sql: Sql, tenantId: string): Promise<number> {
  const [row] = await sql.query<{ sequence: string }>(
    `insert into compliance.rule_set_sequences as s values ($1, 1) on conflict (tenant_id) do update set sequence = s.sequence + 1 returning sequence`,
    [tenantId],
  )
  return Number(row?.sequence)
}

async function lockedRuleSet(sql: Sql, tenantId: string, id: string): Promise<TenantRuleSet> {
  const [row] = await sql.query<Row>(`select ${ruleSetColumns} from compliance.tenant_rule_sets where tenant_id = $1 and id = $2 for update`, [tenantId, id])
  if (row === undefined) throw noSuchRuleSet()
  return ruleSetOfRow(row)
}

/** @param assignments written here, never a caller's; their values begin at $4 */
async function set(sql: Sql, tenantId: string, id: string, sequence: number, assignments: string, values: readonly unknown[]): Promise<TenantRuleSet> {
  const [row] = await sql.query<Row>(
    `update compliance.tenant_rule_sets set sequence = $3, ${assignments} where tenant_id = $1 and id = $2 returning ${ruleSetColumns}`,
    [tenantId, id, sequence, ...values],
  )
  return ruleSetOfRow(row as Row)
}

function noted(sql: Sql, { tenantId, keyId, nowMs }: Actor, action: string, ruleSet: TenantRuleSet, reason: string | null = null): TenantRuleSet {
  const { id, sequence, revision, version } = ruleSet
  sql.send('insert into compliance.rule_set_transitions (tenant_id, rule_set_id, sequence, at, by_key, action, revision, version, reason) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)', [
    ...[tenantId, id, sequence, new Date(nowMs), keyId, action],
    ...[revision, version, reason],
  ])
  return ruleSet
}

export function noSuchRuleSet(): Problem {
  return new Problem(404, 'not-found', 'there is no rule set of this id')
}

export async function readRuleSet(database: Database, tenantId: string, id: string): Promise<TenantRuleSet | undefined> {
  if (!isUuid(id)) return undefined
  const [row] = await database.transaction([tenantId], (sql) => sql.query<Row>(`select ${ruleSetColumns} from compliance.tenant_rule_sets where tenant_id = $1 and id = $2`, [tenantId, id]))
  return row && ruleSetOfRow(row)
}

/** Keeps what the rules of a draft are called by now. */
export async function noteVersion(database: Database, tenantId: string, { id, revision }: TenantRuleSet, version: string): Promise<void> {
  await database.transaction([tenantId], (sql) =>
    sql.query(`update compliance.tenant_rule_sets set version = $4 where tenant_id = $1 and id = $2 and revision = $3 and status = 'draft'`, [tenantId, id, revision, version]),
  )
}

/** Those whose rules were called so when they were last compiled. */
export async function readRuleSetsOfVersion(database: Database, tenantId: string, version: string): Promise<TenantRuleSet[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<Row>(`select ${ruleSetColumns} from compliance.tenant_rule_sets where tenant_id = $1 and version = $2 order by number desc limit 5`, [tenantId, version]),
  )
  return rows.map(ruleSetOfRow)
}

/** Newest first; one more than the page holds, when there are more. Own rules are left out: a list of hundreds would be large. */
export async function listRuleSets(database: Database, tenantId: string, status: string | undefined, { limit, after }: PageRequest): Promise<TenantRuleSet[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<Row>(
      `select ${ruleSetColumns.replace('definition,', `(definition::jsonb - 'ownRules')::json as definition,`)} from compliance.tenant_rule_sets
       where tenant_id = $1 and ($2::text is null or status = $2) and ($3::timestamptz is null or (created_at, id::text) < ($3, $4))
       order by created_at desc, id::text desc limit $5`,
      [tenantId, status ?? null, after?.at ?? null, after?.id ?? null, limit + 1],
    ),
  )
  return rows.map(ruleSetOfRow)
}

export function cursorOf({ createdAt, id }: TenantRuleSet): Cursor {
  return { at: createdAt.toISOString(), id }
}

/** The audit trail of a rule set, the first first. */
export async function readTransitions(database: Database, tenantId: string, id: string): Promise<RuleSetTransition[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<Omit<RuleSetTransition, 'sequence'> & { sequence: string }>(
      `select sequence, at, by_key as by, action, revision, version, reason from compliance.rule_set_transitions where tenant_id = $1 and rule_set_id = $2 order by sequence limit 1000`,
      [tenantId, id],
    ),
  )
  return rows.map((row) => ({ ...row, sequence: Number(row.sequence) }))
}
