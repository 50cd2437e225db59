import { matcher, type Matcher, type MatchOperator } from '@ott/alert-routing/matcher'
import type { Silence } from '@ott/alert-routing/silence'
import type { Cursor } from '@ott/http/page'
import type { Database, Sql } from '@ott/postgres/database'

/** One condition as it is kept and shown. */
export interface PlainMatcher {
  readonly name: string
  readonly operator: MatchOperator
  readonly value: string
}

export interface SilenceItem {
  readonly id: string
  readonly matchers: readonly PlainMatcher[]
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly createdBy: string
  readonly comment: string
  readonly noticeMs: number
  readonly version: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

interface SilenceRow {
  tenant_id: string
  id: string
  matchers: PlainMatcher[]
  starts_at: Date
  ends_at: Date
  created_by: string
  comment: string
  notice_ms: string
  version: number
  created_at: Date
  updated_at: Date
}

const columns = 'tenant_id, id, matchers, starts_at, ends_at, created_by, comment, notice_ms, version, created_at, updated_at'

function itemOf(row: SilenceRow): SilenceItem {
  return {
    id: row.id,
    matchers: row.matchers,
    startsAtMs: row.starts_at.getTime(),
    endsAtMs: row.ends_at.getTime(),
    createdBy: row.created_by,
    comment: row.comment,
    noticeMs: Number(row.notice_ms),
    version: row.version,
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
  }
}

export function compiled(matchers: readonly PlainMatcher[]): Matcher[] {
  return matchers.map(({ name, operator, value }) => matcher(name, operator, value))
}

/** What hushes alerts of a tenant now. */
export async function activeSilences(sql: Sql, tenantId: string, nowMs: number): Promise<Silence[]> {
  const rows = await sql.query<SilenceRow>(`select ${columns} from alerting.silences where tenant_id = $1 and starts_at <= $2 and ends_at > $2 order by id`, [tenantId, new Date(nowMs)])
  return rows.map((row) => ({ id: row.id, matchers: compiled(row.matchers), startsAtMs: row.starts_at.getTime(), endsAtMs: row.ends_at.getTime() }))
}

/** How many silences of a tenant may be pending or active at once. */
const silencesMax = 1_000

/** Keeps a new silence. @returns false when the tenant has as many as it may */
export async function insertSilence(sql: Sql, tenantId: string, silence: Omit<SilenceItem, 'version' | 'createdAtMs' | 'updatedAtMs'>, nowMs: number): Promise<boolean> {
  const [counted] = await sql.query<{ n: string }>('select count(*) as n from alerting.silences where tenant_id = $1 and ends_at > $2', [tenantId, new Date(nowMs)])
  if (Number(counted?.n) >= silencesMax) return false
  sql.send(
    `insert into alerting.silences (tenant_id, id, matchers, starts_at, ends_at, created_by, comment, notice_ms, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
    [tenantId, silence.id, JSON.stringify(silence.matchers), new Date(silence.startsAtMs), new Date(silence.endsAtMs), silence.createdBy, silence.comment, silence.noticeMs, new Date(nowMs)],
  )
  return true
}

/** A page of a tenant's silences, newest first, one more than the limit where there are more. */
export async function listSilences(
  database: Database,
  tenantId: string,
  { state, nowMs }: { state: string | undefined; nowMs: number },
  page: { limit: number; after: Cursor | undefined },
): Promise<SilenceItem[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<SilenceRow>(
      `select ${columns} from alerting.silences
       where tenant_id = $1 and ($2::text is null or $2 = case when ends_at <= $3 then 'expired' when starts_at > $3 then 'pending' else 'active' end)
         and ($4::timestamptz is null or (date_trunc('milliseconds', created_at), id) < ($4, $5))
       order by date_trunc('milliseconds', created_at) desc, id desc limit $6`,
      [tenantId, state ?? null, new Date(nowMs), page.after?.at ?? null, page.after?.id ?? null, page.limit + 1],
    ),
  )
  return rows.map(itemOf)
}

export async function readSilence(sql: Sql, tenantId: string, id: string): Promise<SilenceItem | undefined> {
  const [row] = await sql.query<SilenceRow>(`select ${columns} from alerting.silences where tenant_id = $1 and id = $2 for update`, [tenantId, id])
  return row && itemOf(row)
}

/** Moves the times of a silence, or its comment; a later end is told of anew before it comes. */
export function changeSilence(sql: Sql, tenantId: string, { id, startsAtMs, endsAtMs, comment }: Pick<SilenceItem, 'id' | 'startsAtMs' | 'endsAtMs' | 'comment'>, nowMs: number): void {
  sql.send(
    `update alerting.silences set noticed_at = case when ends_at < $4 then null else noticed_at end, starts_at = $3, ends_at = $4, comment = $5, version = version + 1, updated_at = $6
     where tenant_id = $1 and id = $2`,
    [tenantId, id, new Date(startsAtMs), new Date(endsAtMs), comment, new Date(nowMs)],
  )
}

/** Takes silences that end soon and that nobody was told of yet; they are marked in the same transaction. */
export async function takeEndingSilences(sql: Sql, nowMs: number, limit: number): Promise<(SilenceItem & { readonly tenantId: string })[]> {
  const rows = await sql.query<SilenceRow>(
    `update alerting.silences s set noticed_at = $1
     from (select tenant_id, id from alerting.silences
           where noticed_at is null and starts_at <= $1 and ends_at > $1 and notice_ms > 0 and ends_at - notice_ms * interval '1 ms' <= $1
           order by ends_at limit $2 for update skip locked) due
     where s.tenant_id = due.tenant_id and s.id = due.id
     returning ${columns.split(', ').map((column) => `s.${column}`).join(', ')}`,
    [new Date(nowMs), limit],
  )
  return rows.map((row) => ({ ...itemOf(row), tenantId: row.tenant_id }))
}
