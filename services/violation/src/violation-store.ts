import type { Cursor } from '@ott/http/page'
import type { Database } from '@ott/postgres/database'
import { itemColumns, violationItem, type ViolationItem, type ViolationRecord } from './cases/case-item.ts'

export interface ViolationFilter {
  readonly status?: string | undefined
  readonly rule?: string | undefined
  readonly subject?: string | undefined
  readonly severity?: string | undefined
  readonly assignee?: string | undefined
  /** Whether one of its clocks ran out before somebody acted. */
  readonly isOverdue?: boolean | undefined
  /** Whether evidence still prolongs it. */
  readonly isOngoing?: boolean | undefined
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
      `select ${itemColumns} from violation.violations v
       where v.tenant_id = $1
         and ($2::text is null or v.status = $2) and ($3::text is null or v.rule = $3) and ($4::text is null or v.subject = $4)
         and ($8::text is null or v.severity = $8) and ($9::text is null or v.assignee = $9)
         and ($10::bool is null or (v.acknowledge_overdue_at is not null or v.resolve_overdue_at is not null) = $10)
         and ($11::bool is null or (v.incident_ended_at is null and v.status not in ('resolved', 'false_positive')) = $11)
         and ($5::timestamptz is null or (date_trunc('milliseconds', v.opened_at), v.id) < ($5, $6))
       order by date_trunc('milliseconds', v.opened_at) desc, v.id desc limit $7`,
      [
        ...[tenantId, filter.status ?? null, filter.rule ?? null, filter.subject ?? null, page.after?.at ?? null, page.after?.id ?? null, page.limit + 1],
        ...[filter.severity ?? null, filter.assignee ?? null, filter.isOverdue ?? null, filter.isOngoing ?? null],
      ],
    ),
  )
  return rows.map(violationItem)
}

/** Violations of a tenant by id; those it doesn't have are left out. */
export async function readViolations(database: Database, tenantId: string, ids: readonly string[]): Promise<Map<string, ViolationItem>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<ViolationRecord>(`select ${itemColumns} from violation.violations v where v.tenant_id = $1 and v.id = any($2::text[])`, [tenantId, ids]),
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
         select ${itemColumns} from violation.violations v
         where v.tenant_id = $1 and v.subject = asked.subject and ($3::text is null or v.status = $3)
         order by v.opened_at desc, v.id desc limit $4) v`,
      [tenantId, subjects, status ?? null, limit],
    ),
  )
  return Map.groupBy(rows.map(violationItem), ({ subject }) => subject)
}
