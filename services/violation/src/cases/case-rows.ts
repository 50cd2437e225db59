import type { Severity } from '@ott/contracts/severity'
import type { ViolationStatus } from '@ott/contracts/violation-changed'
import type { Sql } from '@ott/postgres/database'
import type { ViolationCase } from './violation-case.ts'

/** How many of a viewer's cases of one rule evidence may belong to, the latest ones, beside the one that goes on. */
const latestCases = 3

export interface CaseRow {
  tenant_id: string
  subject: string
  id: string
  rule: string
  regulation: string
  citation: string
  message: string
  severity: Severity
  is_severity_pinned: boolean
  status: ViolationStatus
  version: number
  opened_at: Date
  last_evidence_at: Date
  clock_from: Date
  acknowledge_due_at: Date
  resolve_due_at: Date
  incident_ended_at: Date | null
  closed_at: Date | null
}

export const caseColumns = `tenant_id, subject, id, rule, regulation, citation, message, severity, is_severity_pinned, status, version,
  opened_at, last_evidence_at, clock_from, acknowledge_due_at, resolve_due_at, incident_ended_at, closed_at`

/** A case and whose it is, as read with {@link caseColumns}. */
export interface LockedCase {
  readonly tenantId: string
  readonly subject: string
  readonly violation: ViolationCase
}

/**
 * The cases that evidence of these viewers and rules may belong to. They stay as they are until the transaction ends: nobody else counts up their versions
 * meanwhile. Locks are taken in one order, so that those who do this at once wait for rather than stop one another.
 */
export async function lockCases(sql: Sql, wanted: readonly { readonly tenantId: string; readonly subject: string; readonly rule: string }[]): Promise<LockedCase[]> {
  const keys = [...new Map(wanted.map((one) => [JSON.stringify([one.tenantId, one.subject, one.rule]), one])).values()]
  // Two statements, each joined by sets: in one, while the table has no statistics, the planner would go through all of a tenant's cases for each viewer.
  const found = await sql.query<{ tenant_id: string; id: string }>(
    `select tenant_id, id from (
       select tenant_id, id, row_number() over (partition by tenant_id, subject, rule order by opened_at desc, id desc) as place,
         incident_ended_at is null and status not in ('resolved', 'false_positive') as goes_on
       from violation.violations where (tenant_id, subject, rule) in (select * from unnest($1::text[], $2::text[], $3::text[]))) ranked
     where place <= ${latestCases} or goes_on`,
    [keys.map(({ tenantId }) => tenantId), keys.map(({ subject }) => subject), keys.map(({ rule }) => rule)],
  )
  if (found.length === 0) return []
  const rows = await sql.query<CaseRow>(
    `select ${caseColumns} from violation.violations where (tenant_id, id) in (select * from unnest($1::text[], $2::text[])) order by tenant_id, id for update`,
    [found.map(({ tenant_id: tenant }) => tenant), found.map(({ id }) => id)],
  )
  return rows.map(lockedCase)
}

/** One case, held until the transaction ends. */
export async function lockCase(sql: Sql, tenantId: string, id: string): Promise<LockedCase | undefined> {
  const [row] = await sql.query<CaseRow>(`select ${caseColumns} from violation.violations where tenant_id = $1 and id = $2 for update`, [tenantId, id])
  return row && lockedCase(row)
}

export function lockedCase(row: CaseRow): LockedCase {
  return {
    tenantId: row.tenant_id,
    subject: row.subject,
    violation: {
      id: row.id,
      rule: row.rule,
      regulation: row.regulation,
      citation: row.citation,
      message: row.message,
      severity: row.severity,
      isSeverityPinned: row.is_severity_pinned,
      status: row.status,
      version: row.version,
      openedAtMs: row.opened_at.getTime(),
      lastEvidenceAtMs: row.last_evidence_at.getTime(),
      clockFromMs: row.clock_from.getTime(),
      acknowledgeDueAtMs: row.acknowledge_due_at.getTime(),
      resolveDueAtMs: row.resolve_due_at.getTime(),
      isIncidentEnded: row.incident_ended_at !== null,
      closedAtMs: row.closed_at?.getTime(),
    },
  }
}
