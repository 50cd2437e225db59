import { randomUUID } from 'node:crypto'
import type { Severity } from '@ott/contracts/severity'
import type { ViolationChange, ViolationStatus } from '@ott/contracts/violation-changed'
import type { PageRequest } from '@ott/http/page'
import type { Database } from '@ott/postgres/database'
import type { EvidenceItem } from './case-item.ts'

/** One change of a case. */
export interface HistoryItem {
  readonly version: number
  readonly change: ViolationChange | 'opened'
  /** As they were after it. */
  readonly status: ViolationStatus
  readonly severity: Severity
  /** RFC 3339. */
  readonly at: string
  /** Id of the API key; null where evidence or a clock did it. */
  readonly by: string | null
  readonly reason: string | null
  readonly assignee: string | null
  readonly clock: 'acknowledge' | 'resolve' | null
}

export interface CommentItem {
  readonly id: string
  /** RFC 3339. */
  readonly at: string
  readonly by: string
  readonly text: string
}

/** Every piece of evidence keeps its place by event time and event key. */
export interface PlacedEvidence extends EvidenceItem {
  readonly key: string
}

/** In the order of event time; up to one more than the page holds. */
export async function listEvidence(database: Database, tenantId: string, violationId: string, { limit, after }: PageRequest): Promise<PlacedEvidence[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ event_id: string; event_key: string; at: Date; found: Record<string, unknown> }>(
      `select event_id, event_key::text, at, found from violation.evidence
       where tenant_id = $1 and violation_id = $2 and ($3::timestamptz is null or (date_trunc('milliseconds', at), event_key::text) > ($3, $4))
       order by date_trunc('milliseconds', at), event_key::text limit $5`,
      [tenantId, violationId, after?.at ?? null, after?.id ?? null, limit + 1],
    ),
  )
  return rows.map((row) => ({ eventId: row.event_id, key: row.event_key, at: row.at.toISOString(), values: row.found }))
}

/** From its opening on; up to one more than the page holds. */
export async function listHistory(database: Database, tenantId: string, violationId: string, { limit, after }: PageRequest): Promise<HistoryItem[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<Omit<HistoryItem, 'at' | 'by'> & { at: Date; by_key: string | null }>(
      `select version, change, status, severity, at, by_key, reason, assignee, clock from violation.case_history
       where tenant_id = $1 and violation_id = $2 and version > $3 order by version limit $4`,
      [tenantId, violationId, versionOf(after?.id), limit + 1],
    ),
  )
  return rows.map(({ by_key: by, at, ...rest }) => ({ ...rest, at: at.toISOString(), by }))
}

function versionOf(cursor: string | undefined): number {
  return cursor !== undefined && /^\d{1,9}$/.test(cursor) ? Number(cursor) : 0
}

/** The oldest first; up to one more than the page holds. */
export async function listComments(database: Database, tenantId: string, violationId: string, { limit, after }: PageRequest): Promise<CommentItem[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ id: string; at: Date; by_key: string; text: string }>(
      `select id, at, by_key, text from violation.case_comments
       where tenant_id = $1 and violation_id = $2 and ($3::timestamptz is null or (at, id::text) > ($3, $4)) order by at, id::text limit $5`,
      [tenantId, violationId, after?.at ?? null, after?.id ?? null, limit + 1],
    ),
  )
  return rows.map(({ id, at, by_key: by, text }) => ({ id, at: at.toISOString(), by, text }))
}

/** @returns undefined when the tenant has no such violation */
export async function addComment(database: Database, { tenantId, id, by, nowMs }: { tenantId: string; id: string; by: string; nowMs: number }, text: string): Promise<CommentItem | undefined> {
  const [row] = await database.transaction([tenantId], (sql) =>
    sql.query<{ id: string }>(
      `insert into violation.case_comments (tenant_id, id, violation_id, at, by_key, text)
       select tenant_id, $3, id, $4, $5, $6 from violation.violations where tenant_id = $1 and id = $2 returning id`,
      [tenantId, id, randomUUID(), new Date(nowMs), by, text],
    ),
  )
  return row && { id: row.id, at: new Date(nowMs).toISOString(), by, text }
}
