import type { Finding } from '@ott/contracts/event-assessed'
import type { Risk } from '@ott/contracts/event-scored'
import { decodeTimeline } from '@ott/pipeline/stage-timeline'
import type { Database, Sql } from '@ott/postgres/database'

/** What became of one event. */
export interface EventRecord {
  readonly id: string
  readonly outcome: 'processed' | 'duplicate' | 'filtered' | 'dead_lettered'
  /** Why it wasn't processed. */
  readonly reason?: string
  /** Of a processed event only, as the rest of these. */
  readonly about?: { readonly type: string; readonly source: string; readonly time: string; readonly subject: string }
  readonly stages: readonly { readonly stage: string; readonly at: string; readonly durationMs: number }[]
  readonly findings: readonly Finding[]
  readonly risk: Risk | null
  /** Violations it gave evidence for, sorted. */
  readonly violations: readonly string[]
}

interface ProcessedRow {
  event_id: string
  type: string
  source: string
  subject: string
  event_time: Date
  timeline: string
  findings: Finding[]
  risk: Risk
  violations: string[]
}

/** Reads what became of a tenant's events, by id. Where several sources used one id, the one processed last is meant. */
export function readEvents(database: Database, tenantId: string, ids: readonly string[]): Promise<Map<string, EventRecord>> {
  return database.transaction([tenantId], async (sql) => {
    const rows = await sql.query<ProcessedRow>(
      `select distinct on (event_id) event_id, type, source, subject, event_time, timeline, findings, risk,
         array(select distinct e.violation_id from violation.evidence e where e.tenant_id = p.tenant_id and e.event_key = p.event_key order by 1) as violations
       from violation.processed_events p
       where tenant_id = $1 and event_id = any($2::text[]) order by event_id, processed_at desc`,
      [tenantId, ids],
    )
    const found = new Map(rows.map((row) => [row.event_id, processed(row)]))
    const others = ids.filter((id) => !found.has(id))
    if (others.length > 0) for (const event of await readUnprocessed(sql, tenantId, others)) found.set(event.id, event)
    return found
  })
}

function processed({ event_id: id, type, source, subject, event_time, timeline, findings, risk, violations }: ProcessedRow): EventRecord {
  return {
    id,
    outcome: 'processed',
    about: { type, source, subject, time: event_time.toISOString() },
    stages: decodeTimeline(timeline).map(({ stage, atMs, durationMs }) => ({ stage, at: new Date(atMs).toISOString(), durationMs })),
    findings,
    risk,
    violations,
  }
}

async function readUnprocessed(sql: Sql, tenantId: string, ids: readonly string[]): Promise<EventRecord[]> {
  const rows = await sql.query<{ event_id: string; outcome: 'duplicate' | 'filtered' | 'dead_lettered'; reason: string }>(
    `select distinct on (event_id) event_id, outcome, reason from (
       select event_id, 'dead_lettered' as outcome, reason || ': ' || detail as reason, at from ingest.dead_letters
         where tenant_id = $1 and event_id = any($2::text[]) and status = 'dead'
       union all
       select event_id, outcome, reason, at from ingest.discarded_events where tenant_id = $1 and event_id = any($2::text[])
     ) ended order by event_id, at desc`,
    [tenantId, ids],
  )
  return rows.map(({ event_id: id, outcome, reason }) => ({ id, outcome, reason, stages: [], findings: [], risk: null, violations: [] }))
}

/** An event with all that was decided about it, as `GET /v1/events/{id}` tells it. */
export interface EventDecision {
  readonly id: string
  readonly outcome: EventRecord['outcome']
  readonly stages: EventRecord['stages']
  readonly findings: readonly Pick<Finding, 'rule' | 'citation' | 'severity' | 'message'>[]
  readonly risk: { readonly score: number; readonly factors: readonly { name: string; contribution: number }[] } | null
  readonly violations: readonly string[]
  readonly alerts: readonly string[]
  /** Why it wasn't processed. */
  readonly reason?: string
}

export async function readDecision(database: Database, tenantId: string, eventId: string): Promise<EventDecision | undefined> {
  const event = (await readEvents(database, tenantId, [eventId])).get(eventId)
  if (event === undefined) return undefined
  const { id, outcome, reason, stages, findings, risk, violations } = event
  return {
    id,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    stages,
    findings: findings.map(({ rule, citation, severity, message }) => ({ rule, citation, severity, message })),
    risk: risk && { score: risk.score, factors: risk.factors.map(({ name, contribution }) => ({ name, contribution })) },
    violations,
    alerts: violations.length === 0 ? [] : await readAlertIds(database, tenantId, violations),
  }
}

async function readAlertIds(database: Database, tenantId: string, violations: readonly string[]): Promise<string[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ id: string }>('select id from alerting.alerts where tenant_id = $1 and violation_id = any($2) order by created_at, id', [tenantId, violations]),
  )
  return rows.map(({ id }) => id)
}
