import { randomUUID } from 'node:crypto'
import type { PageRequest } from '@ott/http/page'
import type { Database, Sql } from '@ott/postgres/database'
import { nextDeadline, type Timeline } from '@ott/regulations/timeline'
import type { BacktestReport } from './backtest-report.ts'

export const backtestStatuses = ['queued', 'running', 'finished', 'failed', 'cancelled'] as const
export type BacktestStatus = (typeof backtestStatuses)[number]

/** A backtest as it is kept. */
export interface BacktestRecord {
  readonly tenantId: string
  readonly id: string
  readonly ruleSetId: string
  readonly liveVersion: string
  readonly candidateVersion: string
  readonly from: Date
  readonly to: Date
  readonly status: BacktestStatus
  readonly failure: string | null
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly updatedAt: Date
  readonly eventsRead: number
  readonly eventsTotal: number | null
  /** Events a second since it was last taken up; null before there is anything to tell by. */
  readonly ratePerSecond: number | null
  readonly report: BacktestReport | null
}

/** Where a run goes on from. */
export interface BacktestPosition {
  readonly phase: 'events' | 'periods'
  /** The last event judged of each partition. */
  readonly offsets: Readonly<Record<string, string>>
}

/** A backtest in hand: `holder` names the claim, which another may have taken over. */
export interface ClaimedBacktest extends BacktestRecord {
  readonly holder: string
  readonly attempts: number
  readonly position: BacktestPosition | null
}

/** Somebody else works on the backtest, or it was cancelled: what was done since the last progress is void. */
export class BacktestLostError extends Error {
  override readonly name = 'BacktestLostError'
}

interface BacktestRow {
  tenant_id: string
  id: string
  rule_set_id: string
  live_version: string
  candidate_version: string
  from_at: Date
  to_at: Date
  status: BacktestStatus
  failure: string | null
  created_at: Date
  started_at: Date | null
  finished_at: Date | null
  updated_at: Date
  events_read: string
  events_total: string | null
  read_before: string
  claimed_at: Date | null
  report: BacktestReport | null
  position: BacktestPosition | null
  attempts: number
}

const columns = `tenant_id, id::text as id, rule_set_id, live_version, candidate_version, from_at, to_at, status, failure, created_at, started_at,
  finished_at, updated_at, events_read, events_total, read_before, claimed_at, report, position, attempts`

function recordOf(row: BacktestRow): BacktestRecord {
  const workedMs = row.claimed_at === null ? 0 : row.updated_at.getTime() - row.claimed_at.getTime()
  const read = Number(row.events_read)
  return {
    tenantId: row.tenant_id,
    id: row.id,
    ruleSetId: row.rule_set_id,
    liveVersion: row.live_version,
    candidateVersion: row.candidate_version,
    from: row.from_at,
    to: row.to_at,
    status: row.status,
    failure: row.failure,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    updatedAt: row.updated_at,
    eventsRead: read,
    eventsTotal: row.events_total === null ? null : Number(row.events_total),
    ratePerSecond: workedMs <= 0 || read === 0 ? null : ((read - Number(row.read_before)) * 1_000) / workedMs,
    report: row.report,
  }
}

export type NewBacktest = Pick<BacktestRecord, 'tenantId' | 'ruleSetId' | 'liveVersion' | 'candidateVersion' | 'from' | 'to'>

export interface BacktestBounds {
  /** That wait or run, of one tenant. */
  readonly pendingMax: number
  /** That are kept of one tenant: beyond, those that ended first go. */
  readonly keptMax: number
}

/** Puts a backtest into the queue; undefined when the tenant has as many under way as it may. */
export async function createBacktest(database: Database, backtest: NewBacktest, { pendingMax, keptMax }: BacktestBounds): Promise<BacktestRecord | undefined> {
  const { tenantId, ruleSetId, liveVersion, candidateVersion, from, to } = backtest
  return database.transaction([tenantId], async (sql) => {
    await oneAtATime(sql)
    const [pending] = await sql.query<{ count: number }>("select count(*)::int as count from compliance.backtests where tenant_id = $1 and status in ('queued', 'running')", [tenantId])
    if ((pending?.count ?? 0) >= pendingMax) return undefined
    const [row] = await sql.query<BacktestRow>(
      `insert into compliance.backtests (tenant_id, id, rule_set_id, live_version, candidate_version, from_at, to_at)
       values ($1, $2, $3, $4, $5, $6, $7) returning ${columns}`,
      [tenantId, randomUUID(), ruleSetId, liveVersion, candidateVersion, from, to],
    )
    sql.send(
      `delete from compliance.backtests where tenant_id = $1 and status not in ('queued', 'running')
         and id in (select id from compliance.backtests where tenant_id = $1 order by created_at desc, id desc offset $2)`,
      [tenantId, keptMax],
    )
    return row && recordOf(row)
  })
}

/** Serialises what counts backtests before it changes them. Short: held until the transaction ends. */
async function oneAtATime(sql: Sql): Promise<void> {
  await sql.query('select pg_advisory_xact_lock(720124)')
}

export async function readBacktest(database: Database, tenantId: string, id: string): Promise<BacktestRecord | undefined> {
  const [row] = await database.transaction([tenantId], (sql) => sql.query<BacktestRow>(`select ${columns} from compliance.backtests where tenant_id = $1 and id = $2`, [tenantId, id]))
  return row && recordOf(row)
}

/** Newest first, of one rule set or of all; up to one more than the page holds. */
export async function listBacktests(database: Database, tenantId: string, ruleSetId: string | undefined, { limit, after }: PageRequest): Promise<BacktestRecord[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<BacktestRow>(
      `select ${columns} from compliance.backtests
       where tenant_id = $1 and ($2::text is null or rule_set_id = $2)
         and ($3::timestamptz is null or (date_trunc('milliseconds', created_at), id::text) < ($3, $4))
       order by date_trunc('milliseconds', created_at) desc, id::text desc limit $5`,
      [tenantId, ruleSetId ?? null, after?.at ?? null, after?.id ?? null, limit + 1],
    ),
  )
  return rows.map(recordOf)
}

/** Ends a backtest that waits or runs; one that has ended stays as it is. Undefined when there is none. */
export async function cancelBacktest(database: Database, tenantId: string, id: string): Promise<BacktestRecord | undefined> {
  await database.transaction([tenantId], async (sql) => {
    const ended = await sql.query(
      "update compliance.backtests set status = 'cancelled', finished_at = now(), lease_holder = null, position = null where tenant_id = $1 and id = $2 and status in ('queued', 'running') returning id",
      [tenantId, id],
    )
    if (ended.length > 0) forgetTimelines(sql, tenantId, id)
  })
  return readBacktest(database, tenantId, id)
}

function forgetTimelines(sql: Sql, tenantId: string, id: string): void {
  sql.send('delete from compliance.backtest_timelines where tenant_id = $1 and backtest_id = $2', [tenantId, id])
}

export interface ClaimOptions {
  readonly leaseMs: number
  /** Of one tenant that may run at once. */
  readonly perTenant: number
}

/** Takes the backtest that has waited longest, or one whose worker has been silent for too long. */
export async function claimBacktest(database: Database, tenants: readonly string[], { leaseMs, perTenant }: ClaimOptions): Promise<ClaimedBacktest | undefined> {
  if (tenants.length === 0) return undefined
  const holder = randomUUID()
  return database.transaction(tenants, async (sql) => {
    await oneAtATime(sql)
    const [row] = await sql.query<BacktestRow>(
      `update compliance.backtests b set status = 'running', started_at = coalesce(b.started_at, now()), lease_holder = $1,
         lease_until = now() + $2 * interval '1 ms', attempts = b.attempts + 1, claimed_at = now(), read_before = b.events_read, updated_at = now()
       from (select w.tenant_id, w.id from compliance.backtests w
             where (w.status = 'queued' or (w.status = 'running' and w.lease_until < now()))
               and (select count(*) from compliance.backtests r where r.tenant_id = w.tenant_id and r.status = 'running' and r.lease_until >= now()) < $3
             order by w.created_at, w.id limit 1) waiting
       where b.tenant_id = waiting.tenant_id and b.id = waiting.id
       returning ${columns.split(', ').map((column) => (column.startsWith('id::') ? 'b.id::text as id' : `b.${column.trim()}`)).join(', ')}`,
      [holder, leaseMs, perTenant],
    )
    return row && { ...recordOf(row), holder, attempts: row.attempts, position: row.position }
  })
}

/** One step forward. */
export interface BacktestProgress {
  readonly position: BacktestPosition
  readonly eventsRead: number
  readonly eventsTotal: number
  readonly report: BacktestReport
  /** Timelines that changed, as JSON. */
  readonly timelines: readonly ChangedTimeline[]
}

export interface ChangedTimeline {
  readonly name: string
  readonly json: string
  readonly decideAtMs: number | undefined
}

export function changedTimeline(name: string, timeline: Timeline): ChangedTimeline {
  return { name, json: JSON.stringify(timeline), decideAtMs: nextDeadline(timeline)?.decideAtMs }
}

type Held = Pick<ClaimedBacktest, 'tenantId' | 'id' | 'holder'>

/**
 * Writes a step in one transaction, and stays in charge for another lease.
 * @throws {BacktestLostError} when another took over or it was cancelled: nothing is written
 */
export async function saveProgress(database: Database, held: Held, { position, eventsRead, eventsTotal, report, timelines }: BacktestProgress, leaseMs: number): Promise<void> {
  const { tenantId, id, holder } = held
  await database.transaction([tenantId], async (sql) => {
    const kept = await sql.query(
      `update compliance.backtests set position = $4, events_read = $5, events_total = $6, report = $7, attempts = 0, updated_at = now(),
         lease_until = now() + $8 * interval '1 ms'
       where tenant_id = $1 and id = $2 and lease_holder = $3 and status = 'running' returning id`,
      [tenantId, id, holder, JSON.stringify(position), eventsRead, eventsTotal, JSON.stringify(report), leaseMs],
    )
    if (kept.length === 0) throw new BacktestLostError('the backtest was cancelled or taken over')
    if (timelines.length === 0) return
    sql.send(
      `insert into compliance.backtest_timelines (tenant_id, backtest_id, name, timeline, decide_at)
       select $1, $2, * from unnest($3::text[], $4::json[], $5::timestamptz[])
       on conflict (tenant_id, backtest_id, name) do update set timeline = excluded.timeline, decide_at = excluded.decide_at`,
      [
        tenantId,
        id,
        timelines.map(({ name }) => name),
        timelines.map(({ json }) => json),
        timelines.map(({ decideAtMs }) => (decideAtMs === undefined ? null : new Date(decideAtMs))),
      ],
    )
  })
}

/**
 * Stays in charge for another lease while there is nothing to write yet.
 * @throws {BacktestLostError} when another took over or it was cancelled
 */
export async function keepLease(database: Database, { tenantId, id, holder }: Held, leaseMs: number): Promise<void> {
  const kept = await database.transaction([tenantId], (sql) =>
    sql.query("update compliance.backtests set lease_until = now() + $4 * interval '1 ms' where tenant_id = $1 and id = $2 and lease_holder = $3 and status = 'running' returning id", [tenantId, id, holder, leaseMs]),
  )
  if (kept.length === 0) throw new BacktestLostError('the backtest was cancelled or taken over')
}

/** Ends a backtest that is in hand. */
export async function endBacktest(database: Database, { tenantId, id, holder }: Held, ending: { readonly status: 'finished' } | { readonly status: 'failed'; readonly failure: string }): Promise<void> {
  await database.transaction([tenantId], async (sql) => {
    const ended = await sql.query(
      `update compliance.backtests set status = $4, failure = $5, finished_at = now(), updated_at = now(), lease_holder = null, position = null
       where tenant_id = $1 and id = $2 and lease_holder = $3 and status = 'running' returning id`,
      [tenantId, id, holder, ending.status, ending.status === 'failed' ? ending.failure : null],
    )
    if (ended.length > 0) forgetTimelines(sql, tenantId, id)
  })
}

/** Gives a backtest back: somebody may go on with it after a while, from its last progress. */
export async function releaseBacktest(database: Database, { tenantId, id, holder }: Held, afterMs: number): Promise<void> {
  await database.transaction([tenantId], (sql) =>
    sql.query("update compliance.backtests set lease_until = now() + ($4 - 1) * interval '1 ms' where tenant_id = $1 and id = $2 and lease_holder = $3 and status = 'running'", [tenantId, id, holder, afterMs]),
  )
}

interface TimelineRow {
  name: string
  timeline: Timeline
}

export async function readTimelines(database: Database, { tenantId, id }: Held, names: readonly string[]): Promise<Map<string, Timeline>> {
  if (names.length === 0) return new Map()
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<TimelineRow>('select name, timeline from compliance.backtest_timelines where tenant_id = $1 and backtest_id = $2 and name = any($3::text[])', [tenantId, id, names]),
  )
  return new Map(rows.map(({ name, timeline }) => [name, timeline]))
}

/** Timelines whose next period is decided by a time; those that were looked at have none of that kind left. */
export async function readDueTimelines(database: Database, { tenantId, id }: Held, byMs: number, limit: number): Promise<Map<string, Timeline>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<TimelineRow>('select name, timeline from compliance.backtest_timelines where tenant_id = $1 and backtest_id = $2 and decide_at <= $3 order by name limit $4', [tenantId, id, new Date(byMs), limit]),
  )
  return new Map(rows.map(({ name, timeline }) => [name, timeline]))
}
