import type { Severity } from '@ott/contracts/severity'
import type { ViolationStatus } from '@ott/contracts/violation-changed'

/** One violation of a tenant as it is shown, with its first hundred pieces of evidence. Times RFC 3339. */
export interface ViolationItem {
  readonly id: string
  readonly subject: string
  readonly rule: string
  readonly regulation: string
  readonly citation: string
  readonly severity: Severity
  /** A person set it: evidence doesn't raise it any more. */
  readonly isSeverityPinned: boolean
  readonly message: string
  readonly status: ViolationStatus
  readonly version: number
  readonly isOngoing: boolean
  readonly openedAt: string
  readonly lastEvidenceAt: string
  readonly incidentEndedAt: string | null
  readonly openedBy: string
  /** The case of the same viewer and rule before this one. */
  readonly previousId: string | null
  readonly assignee: string | null
  readonly acknowledgedAt: string | null
  /** Id of the API key that acknowledged it. */
  readonly acknowledgedBy: string | null
  readonly closedAt: string | null
  readonly acknowledgeDueAt: string
  readonly resolveDueAt: string
  /** Which of its clocks ran out before somebody acted. */
  readonly overdue: readonly ('acknowledge' | 'resolve')[]
  readonly evidenceCount: number
  readonly evidence: readonly EvidenceItem[]
}

export interface EvidenceItem {
  readonly eventId: string
  readonly at: string
  readonly values: Record<string, unknown>
}

export interface ViolationRecord {
  id: string
  subject: string
  rule: string
  regulation: string
  citation: string
  severity: Severity
  is_severity_pinned: boolean
  message: string
  status: ViolationStatus
  version: number
  opened_at: Date
  last_evidence_at: Date
  incident_ended_at: Date | null
  opened_by_event: string
  previous_id: string | null
  assignee: string | null
  acknowledged_at: Date | null
  acknowledged_by: string | null
  closed_at: Date | null
  acknowledge_due_at: Date
  resolve_due_at: Date
  acknowledge_overdue_at: Date | null
  resolve_overdue_at: Date | null
  evidence_count: string
  evidence: EvidenceItem[] | null
}

const evidenceShownMax = 100

/** Of `violation.violations v`. */
export const itemColumns = `
  v.id, v.subject, v.rule, v.regulation, v.citation, v.severity, v.is_severity_pinned, v.message, v.status, v.version, v.opened_at, v.last_evidence_at,
  v.incident_ended_at, v.opened_by_event, v.previous_id, v.assignee, v.acknowledged_at, v.acknowledged_by, v.closed_at, v.acknowledge_due_at, v.resolve_due_at,
  v.acknowledge_overdue_at, v.resolve_overdue_at, v.evidence_count,
  (select json_agg(json_build_object('eventId', e.event_id, 'at', to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'values', e.found) order by e.at, e.event_key)
     from (select * from violation.evidence e where e.tenant_id = v.tenant_id and e.violation_id = v.id order by at, event_key limit ${evidenceShownMax}) e) as evidence`

export function violationItem(row: ViolationRecord): ViolationItem {
  const { id, subject, rule, regulation, citation, severity, message, status, version, assignee } = row
  const isClosed = status === 'resolved' || status === 'false_positive'
  return {
    ...{ id, subject, rule, regulation, citation, severity, isSeverityPinned: row.is_severity_pinned, message, status, version },
    isOngoing: row.incident_ended_at === null && !isClosed,
    openedAt: row.opened_at.toISOString(),
    lastEvidenceAt: row.last_evidence_at.toISOString(),
    incidentEndedAt: timeOf(row.incident_ended_at),
    openedBy: row.opened_by_event,
    previousId: row.previous_id,
    assignee,
    acknowledgedAt: timeOf(row.acknowledged_at),
    acknowledgedBy: row.acknowledged_by,
    closedAt: timeOf(row.closed_at),
    acknowledgeDueAt: row.acknowledge_due_at.toISOString(),
    resolveDueAt: row.resolve_due_at.toISOString(),
    overdue: [...(row.acknowledge_overdue_at === null ? [] : (['acknowledge'] as const)), ...(row.resolve_overdue_at === null ? [] : (['resolve'] as const))],
    evidenceCount: Number(row.evidence_count),
    evidence: row.evidence ?? [],
  }
}

function timeOf(at: Date | null): string | null {
  return at?.toISOString() ?? null
}
