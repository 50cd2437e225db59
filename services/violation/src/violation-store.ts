import type { Severity } from '@ott/contracts/severity'
import type { Cursor } from '@ott/http/page'
import type { Database } from '@ott/postgres/database'

export type ViolationStatus = 'open' | 'acknowledged' | 'lapsed'

/** One violation of a tenant, with its first hundred pieces of evidence. */
export interface ViolationItem {
  readonly id: string
  readonly subject: string
  readonly rule: string
  readonly regulation: string
  readonly citation: string
  readonly severity: Severity
  readonly message: string
  readonly status: ViolationStatus
  readonly openedAt: string
  readonly lastEvidenceAt: string
  readonly openedBy: string
  readonly acknowledgedAt: string | null
  /** Id of the API key that acknowledged it. */
  readonly acknowledgedBy: string | null
  readonly evidenceCount: number
  readonly evidence: readonly { readonly eventId: string; readonly at: string; readonly values: Record<string, unknown> }[]
}

interface ViolationRecord {
  id: string
  subject: string
  rule: string
  regulation: string
  citation: string
  severity: Severity
  message: string
  status: ViolationStatus
  opened_at: Date
  last_evidence_at: Date
  opened_by_event: string
  acknowledged_at: Date | null
  acknowledged_by: string | null
  evidence_count: string
  evidence: ViolationItem['evidence'] | null
}

const evidenceShownMax = 100

const violationColumns = `
  v.id, v.subject, v.rule, v.regulation, v.citation, v.severity, v.message, v.status, v.opened_at, v.last_evidence_at, v.opened_by_event,
  v.acknowledged_at, v.acknowledged_by,
  (select count(*) from violation.evidence e where e.tenant_id = v.tenant_id and e.violation_id = v.id) as evidence_count,
  (select json_agg(json_build_object('eventId', e.event_id, 'at', to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'values', e.found) order by e.at, e.event_id)
     from (select * from violation.evidence e where e.tenant_id = v.tenant_id and e.violation_id = v.id order by at, event_id limit ${evidenceShownMax}) e) as evidence`

export interface ViolationFilter {
  readonly status?: string | undefined
  readonly rule?: string | undefined
  readonly subject?: string | undefined
}

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

/** Violations of a tenant by id; those it doesn't have are left out. */
export async function readViolations(database: Database, tenantId: string, ids: readonly string[]): Promise<Map<string, ViolationItem>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<ViolationRecord>(`select ${violationColumns} from violation.violations v where v.tenant_id = $1 and v.id = any($2::text[])`, [tenantId, ids]),
  )
  return new Map(rows.map((row) => [row.id, violationItem(row)]))
}

/** The newest violations of each of several viewers, up to `limit` each. */
export async function readViolationsOf(
  database: Database,
  tenantId: string,
  subjects: readonly string[],
  { limit, status }: { limit: number; status: string | undefined },
): Promise<Map<string, ViolationItem[]>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<ViolationRecord>(
      `select v.* from unnest($2::text[]) as asked (subject) cross join lateral (
         select ${violationColumns} from violation.violations v
         where v.tenant_id = $1 and v.subject = asked.subject and ($3::text is null or v.status = $3)
         order by v.opened_at desc, v.id desc limit $4) v`,
      [tenantId, subjects, status ?? null, limit],
    ),
  )
  return Map.groupBy(rows.map(violationItem), ({ subject }) => subject)
}

/**
 * Notes who takes care of a violation that lasts; one that was acknowledged before keeps its first note.
 * @returns the violation as it is now, whatever its status; undefined when the tenant has none of this id
 */
export async function acknowledgeViolation(database: Database, tenantId: string, id: string, by: string, nowMs: number): Promise<ViolationItem | undefined> {
  const rows = await database.transaction([tenantId], async (sql) => {
    await sql.query(
      `update violation.violations set status = 'acknowledged', acknowledged_at = $3, acknowledged_by = $4
       where tenant_id = $1 and id = $2 and status = 'open'`,
      [tenantId, id, new Date(nowMs), by],
    )
    return sql.query<ViolationRecord>(`select ${violationColumns} from violation.violations v where v.tenant_id = $1 and v.id = $2`, [tenantId, id])
  })
  return rows[0] && violationItem(rows[0])
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
    openedBy: row.opened_by_event,
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
    acknowledgedBy: row.acknowledged_by,
    evidenceCount: Number(row.evidence_count),
    evidence: row.evidence ?? [],
  }
}
