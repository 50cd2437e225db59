import type { Finding } from '@ott/contracts/event-assessed'
import type { Database } from '@ott/postgres/database'

/** What was found in one event, and by which rules. */
export interface Assessment {
  readonly findings: readonly Finding[]
  readonly ruleSetVersion: string
}

/** Assessments of a tenant's processed events, by id, from what `violation` keeps of every decision. Of several the last one. */
export async function readAssessments(database: Database, tenantId: string, eventIds: readonly string[]): Promise<Map<string, Assessment>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ event_id: string; findings: Finding[]; rule_set_version: string }>(
      `select distinct on (event_id) event_id, findings, rule_set_version from violation.processed_events
       where tenant_id = $1 and event_id = any($2::text[]) order by event_id, processed_at desc`,
      [tenantId, eventIds],
    ),
  )
  return new Map(rows.map(({ event_id, findings, rule_set_version }) => [event_id, { findings, ruleSetVersion: rule_set_version }]))
}
