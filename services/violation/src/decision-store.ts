import type { Finding } from '@ott/contracts/event-assessed'
import type { Risk } from '@ott/contracts/event-scored'
import type { Cursor } from '@ott/http/page'
import { decodeTimeline } from '@ott/pipeline/stage-timeline'
import type { Database, Sql } from '@ott/postgres/database'

/** What became of one event, and why. */
export interface EventDecision {
  readonly id: string
  readonly outcome: 'processed' | 'duplicate' | 'filtered' | 'dead_lettered'
  readonly stages: readonly { stage: string; at: string; durationMs: number }[]
  readonly findings: readonly Pick<Finding, 'rule' | 'citation' | 'severity' | 'message'>[]
  readonly risk: { readonly score: number; readonly factors: readonly { name: string; contribution: number }[] } | null
  readonly violations: readonly string[]
  readonly alerts: readonly string[]
  /** Why it wasn't processed. */
  readonly reason?: string
}

interface ProcessedRow {
  event_key: string
  timeline: string
  findings: Finding[]
  risk: Risk
}

/** Reads what became of a tenant's event. Where several sources used the id, the one processed last is meant. */
export function readDecision(database: Database, tenantId: string, eventId: string): Promise<EventDecision | undefined> {
  return database.transaction([tenantId], async (sql) => {
    const [row] = await sql.query<ProcessedRow>(
      `select event_key, timeline, findings, risk from violation.processed_events
       where tenant_id = $1 and event_id = $2 order by processed_at desc limit 1`,
      [tenantId, eventId],
    )
    return row === undefined ? readUnprocessed(sql, tenantId, eventId) : describeProcessed(sql, tenantId, eventId, row)
  })
}

async function describeProcessed(sql: Sql, tenantId: string, eventId: string, row: ProcessedRow): Promise<EventDecision> {
  const violations = await sql.query<{ violation_id: string }>(
    'select distinct violation_id from violation.evidence where tenant_id = $1 and event_key = $2 order by 1',
    [tenantId, row.event_key],
  )
  const ids = violations.map(({ violation_id }) => violation_id)
  const alerts = ids.length === 0 ? [] : await sql.query<{ id: string }>(
    'select id from alerting.alerts where tenant_id = $1 and violation_id = any($2) order by created_at, id',
    [tenantId, ids],
  )
  return {
    id: eventId,
    outcome: 'processed',
    stages: decodeTimeline(row.timeline).map(({ stage, atMs, durationMs }) => ({ stage, at: new Date(atMs).toISOString(), durationMs })),
    findings: row.findings.map(({ rule, citation, severity, message }) => ({ rule, citation, severity, message })),
    risk: { score: row.risk.score, factors: row.risk.factors.map(({ name, contribution }) => ({ name, contribution })) },
    violations: ids,
    alerts: alerts.map(({ id }) => id),
  }
}

async function readUnprocessed(sql: Sql, tenantId: string, eventId: string): Promise<EventDecision | undefined> {
  const [ended] = await sql.query<{ outcome: 'duplicate' | 'filtered' | 'dead_lettered'; reason: string }>(
    `select 'dead_lettered' as outcome, reason || ': ' || detail as reason, at from ingest.dead_letters where tenant_id = $1 and event_id = $2 and status = 'dead'
     union all
     select outcome, reason, at from ingest.discarded_events where tenant_id = $1 and event_id = $2
     order by at desc limit 1`,
    [tenantId, eventId],
  )
  if (ended === undefined) return undefined
  return { id: eventId, outcome: ended.outcome, reason: ended.reason, stages: [], findings: [], risk: null, violations: [], alerts: [] }
}

export interface ViolationFilter {
  readonly status?: string | undefined
  readonly rule?: string | undefined
  readonly subject?: string | undefined
}

export interface ViolationItem {
  readonly id: string
  readonly subject: string
  readonly rule: string
  readonly regulation: string
  readonly citation: string
  readonly severity: string
  readonly message: string
  readonly status: string
  readonly openedAt: string
  readonly lastEvidenceAt: string
  readonly evidenceCount: number
  /** The first hundred. */
  readonly evidence: readonly { readonly eventId: string; readonly at: string; readonly values: Record<string, unknown> }[]
}

interface ViolationRecord {
  id: string
  subject: string
  rule: string
  regulation: string
  citation: string
  severity: string
  message: string
  status: string
  opened_at: Date
  last_evidence_at: Date
  evidence_count: string
  evidence: { eventId: string; at: string; values: Record<string, unknown> }[] | null
}

const evidenceShownMax = 100

const violationColumns = `
  v.id, v.subject, v.rule, v.regulation, v.citation, v.severity, v.message, v.status, v.opened_at, v.last_evidence_at,
  (select count(*) from violation.evidence e where e.tenant_id = v.tenant_id and e.violation_id = v.id) as evidence_count,
  (select json_agg(json_build_object('eventId', e.event_id, 'at', to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'values', e.found) order by e.at, e.event_id)
     from (select * from violation.evidence e where e.tenant_id = v.tenant_id and e.violation_id = v.id order by at, event_id limit ${evidenceShownMax}) e) as evidence`

/** A page of a tenant's violations, newest first, one row more than the limit where there are more. */
export async function listViolations(
  database: Database,
  tenantId: string,
  filter: ViolationFilter,
  page: { limit: number; after: Cursor | undefined },
): Promise<ViolationItem[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<ViolationRecord>(
      `select ${violationColumns} from violation.violations v
       where v.tenant_id = $1
         and ($2::text is null or v.status = $2) and ($3::text is null or v.rule = $3) and ($4::text is null or v.subject = $4)
         and ($5::timestamptz is null or (date_trunc('milliseconds', v.opened_at), v.id) < ($5, $6))
       order by date_trunc('milliseconds', v.opened_at) desc, v.id desc limit $7`,
      [tenantId, filter.status ?? null, filter.rule ?? null, filter.subject ?? null, page.after?.at ?? null, page.after?.id ?? null, page.limit + 1],
    ),
  )
  return rows.map(violationItem)
}

/** One violation of a tenant. */
export async function readViolation(database: Database, tenantId: string, id: string): Promise<ViolationItem | undefined> {
  const [row] = await database.transaction([tenantId], (sql) =>
    sql.query<ViolationRecord>(`select ${violationColumns} from violation.violations v where v.tenant_id = $1 and v.id = $2`, [tenantId, id]),
  )
  return row && violationItem(row)
}

function violationItem(row: ViolationRecord): ViolationItem {
  const { id, subject, rule, regulation, citation, severity, message, status } = row
  return {
    id,
    subject,
    rule,
    regulation,
    citation,
    severity,
    message,
    status,
    openedAt: row.opened_at.toISOString(),
    lastEvidenceAt: row.last_evidence_at.toISOString(),
    evidenceCount: Number(row.evidence_count),
    evidence: row.evidence ?? [],
  }
}
