import type { Finding } from '@ott/contracts/event-assessed'
import { readStoredEvent } from '@ott/history/stored-events'
import type { Database } from '@ott/postgres/database'
import { explain, timelineNamesOf, type RuleExplanation } from '@ott/regulations/explain'
import type { Timeline } from '@ott/regulations/timeline'
import type { KnownRuleSets } from '../known-rule-sets.ts'
import { readStored } from '../read-stored.ts'

/** How an event was decided, rule by rule, as `GET /v1/events/{id}/decision` tells it. */
export interface ExplainedDecision {
  readonly id: string
  readonly type: string
  readonly time: string
  readonly receivedAt: string
  /** The rules it was judged by. */
  readonly ruleSetVersion: string
  /** Found when the event was judged, and kept since. */
  readonly findings: readonly Finding[]
  /** Every rule that applies, judged again by that very version; null where that can't be done any more. */
  readonly rules: readonly RuleExplanation[] | null
  /** Why not. */
  readonly unexplained?: string
}

interface DecidedRow {
  event_key: string
  event_time: Date
  received_at: Date
  type: string
  rule_set_version: string
  findings: Finding[]
}

/** Explains a tenant's event by its id; of several sources' the one processed last. Undefined when none has been processed. */
export async function explainEvent(database: Database, ruleSets: Pick<KnownRuleSets, 'byVersion'>, tenantId: string, eventId: string): Promise<ExplainedDecision | undefined> {
  const found = await database.transaction([tenantId], async (sql) => {
    const [decided] = await sql.query<DecidedRow>(
      `select replace(event_key::text, '-', '') as event_key, event_time, received_at, type, rule_set_version, findings from violation.processed_events
       where tenant_id = $1 and event_id = $2 order by processed_at desc limit 1`,
      [tenantId, eventId],
    )
    return decided && { decided, stored: await readStoredEvent(sql, tenantId, decided.event_key, decided.received_at) }
  })
  if (found === undefined) return undefined
  const { decided, stored } = found
  const { event_key: key, rule_set_version: ruleSetVersion, findings } = decided
  const known = { id: eventId, type: decided.type, time: decided.event_time.toISOString(), receivedAt: decided.received_at.toISOString(), ruleSetVersion, findings }
  const event = stored && readStored(stored.json)
  if (event === undefined) return { ...known, rules: null, unexplained: stored === undefined ? 'the event itself is no longer kept' : 'the event no longer fits its contract' }
  const rules = await ruleSets.byVersion(tenantId, ruleSetVersion)
  if (rules === undefined) return { ...known, rules: null, unexplained: 'the rules it was judged by are no longer here: only what they found is kept' }
  const timelines = await readTimelinesOf(database, tenantId, timelineNamesOf(event, rules))
  return { ...known, rules: explain({ ...event, key }, rules, { timelines, found: findings }) }
}

/** The stage's own, as they are now; without holding them. */
async function readTimelinesOf(database: Database, tenantId: string, names: readonly string[]): Promise<Map<string, Timeline>> {
  if (names.length === 0) return new Map()
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ name: string; timeline: Timeline }>('select name, timeline from compliance.timelines where tenant_id = $1 and name = any($2::text[])', [tenantId, names]),
  )
  return new Map(rows.map(({ name, timeline }) => [name, timeline]))
}
