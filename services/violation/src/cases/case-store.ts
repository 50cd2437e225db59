import { randomUUID } from 'node:crypto'
import type { Severity } from '@ott/contracts/severity'
import type { ViolationChange, ViolationStatus } from '@ott/contracts/violation-changed'
import type { PageRequest } from '@ott/http/page'
import { isUuid } from '@ott/http/query-text'
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

/** In the order of event time; up to one more than the page holds. The cursor names a piece, whose place is looked up: its time may be finer than a cursor's. */
export async function listEvidence(database: Database, tenantId: string, violationId: string, { limit, after }: PageRequest): Promise<PlacedEvidence[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ event_id: string; event_key: string; at: Date; found: Record<string, unknown> }>(
      `select event_id, event_key::text, at, found from violation.evidence
       where tenant_id = $1 and violation_id = $2
         and ($3::uuid is null or (at, event_key) > (select at, event_key from violation.evidence where tenant_id = $1 and violation_id = $2 and event_key = $3))
       order by at, event_key limit $4`,
      [tenantId, violationId, after === undefined ? null : keyOf(after.id), limit + 1],
    ),
  )
  return rows.map((row) => ({ eventId: row.event_id, key: row.event_key, at: row.at.toISOString(), values: row.found }))
}

const noKey = '00000000-0000-0000-0000-000000000000'

/** What isn't a key names no piece, and nothing comes after it. */
function keyOf(cursor: string): string {
  return isUuid(cursor) ? cursor : noKey
}

/** From its opening on; up to one more than the page holds. */
export async function listHistory(database: Database, tenantId: string, violationId: string, { limit, after }: PageRequest): Promise<HistoryItem[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<HistoryRow>(
      `select ${historyColumns} from violation.case_history
       where tenant_id = $1 and violation_id = $2 and version > $3 order by version limit $4`,
      [tenantId, violationId, versionOf(after?.id), limit + 1],
    ),
  )
  return rows.map(historyItem)
}

type HistoryRow = Omit<HistoryItem, 'at' | 'by'> & { readonly at: Date; readonly by_key: string | null }
const historyColumns = 'version, change, status, severity, at, by_key, reason, assignee, clock'

function historyItem({ by_key: by, at, ...rest }: HistoryRow): HistoryItem {
  return { ...rest, at: at.toISOString(), by }
}

function versionOf(cursor: string | undefined): number {
  return cursor !== undefined && /^\d{1,9}$/.test(cursor) ? Number(cursor) : 0
}

/** The oldest first; up to one more than the page holds. */
export async function listComments(database: Database, tenantId: string, violationId: string, { limit, after }: PageRequest): Promise<CommentItem[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<CommentRow>(
      `select id, at, by_key, text from violation.case_comments
       where tenant_id = $1 and violation_id = $2 and ($3::timestamptz is null or (at, id) > ($3, $4::uuid)) order by at, id limit $5`,
      [tenantId, violationId, after?.at ?? null, after === undefined ? null : keyOf(after.id), limit + 1],
    ),
  )
  return rows.map(commentItem)
}

interface CommentRow {
  readonly id: string
  readonly at: Date
  readonly by_key: string
  readonly text: string
}

function commentItem({ id, at, by_key: by, text }: CommentRow): CommentItem {
  return { id, at: at.toISOString(), by, text }
}

/** The first changes of each of several violations, up to `limit` each. */
export async function readHistories(database: Database, tenantId: string, violationIds: readonly string[], limit: number): Promise<Map<string, HistoryItem[]>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<HistoryRow & { violation_id: string }>(
      `select asked.violation_id, h.* from unnest($2::text[]) as asked (violation_id) cross join lateral (
         select ${historyColumns} from violation.case_history where tenant_id = $1 and violation_id = asked.violation_id order by version limit $3) h`,
      [tenantId, violationIds, limit],
    ),
  )
  return grouped(rows, ({ violation_id: _violation, ...row }) => historyItem(row))
}

/** The first comments on each of several violations, up to `limit` each. */
export async function readComments(database: Database, tenantId: string, violationIds: readonly string[], limit: number): Promise<Map<string, CommentItem[]>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<CommentRow & { violation_id: string }>(
      `select asked.violation_id, c.* from unnest($2::text[]) as asked (violation_id) cross join lateral (
         select id, at, by_key, text from violation.case_comments where tenant_id = $1 and violation_id = asked.violation_id order by at, id limit $3) c`,
      [tenantId, violationIds, limit],
    ),
  )
  return grouped(rows, commentItem)
}

function grouped<Row extends { violation_id: string }, Item>(rows: readonly Row[], item: (row: Row) => Item): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const row of rows) groups.set(row.violation_id, [...(groups.get(row.violation_id) ?? []), item(row)])
  return groups
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
