import type { EventAccepted } from '@ott/contracts/event-accepted'
import type { SavedRow } from '@ott/pipeline/define-stage'
import type { Database, Sql } from '@ott/postgres/database'
import { mattersUntilMs, nextDeadline, type Timeline } from '@ott/regulations/timeline'
import type { TimelineRow } from './assess.ts'

export interface TimelineName {
  readonly tenantId: string
  readonly name: string
}

/** Tenant ids hold no slash. */
export function timelineId(tenantId: string, name: string): string {
  return `${tenantId}/${name}`
}

/** @property isMade whether one that doesn't exist is made, empty */
export interface WantedTimeline extends TimelineName {
  readonly isMade: boolean
}

/**
 * Reads timelines and holds them until the transaction ends: events of one employee, say, come through several partitions. Always in
 * one order, so that two batches can't wait for each other. What is to be remembered in one that doesn't exist needs one to be made.
 */
export async function holdTimelines(wanted: readonly WantedTimeline[], sql: Sql): Promise<Map<string, Timeline>> {
  const each = new Map<string, WantedTimeline>()
  for (const timeline of wanted) {
    const id = timelineId(timeline.tenantId, timeline.name)
    if (timeline.isMade || !each.has(id)) each.set(id, timeline)
  }
  const sorted = [...each].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, timeline]) => timeline)
  const keysOf = (timelines: readonly TimelineName[]) => [timelines.map(({ tenantId }) => tenantId), timelines.map(({ name }) => name)]
  const keys = keysOf(sorted)
  const made = sorted.filter(({ isMade }) => isMade)
  if (made.length > 0) sql.send(`insert into compliance.timelines (tenant_id, name) select * from unnest($1::text[], $2::text[]) on conflict do nothing`, keysOf(made))
  const rows = await sql.query<{ tenant_id: string; name: string; timeline: Timeline }>(
    `select tenant_id, name, timeline from compliance.timelines
     where (tenant_id, name) in (select * from unnest($1::text[], $2::text[])) order by tenant_id, name for update`,
    keys,
  )
  return new Map(rows.map(({ tenant_id, name, timeline }) => [timelineId(tenant_id, name), timeline]))
}

/** Writes the timelines that a batch changed, as it leaves them. */
export async function saveTimelines(rows: readonly SavedRow<EventAccepted, TimelineRow>[], sql: Sql): Promise<void> {
  const last = new Map<string, TimelineRow & { tenantId: string }>()
  for (const { received: { tenantId }, row } of rows) {
    const id = timelineId(tenantId, row.name)
    if ((last.get(id)?.revision ?? 0) < row.revision) last.set(id, { tenantId, ...row })
  }
  const changed = [...last.values()]
  if (changed.length === 0) return
  const next = changed.map(({ timeline, isLive }) => nextDeadline(timeline, isLive))
  sql.send(
    `update compliance.timelines t set timeline = u.timeline, due_at = u.due_at, decide_at = u.decide_at, matters_until = u.matters_until, asked_at = null
     from unnest($1::text[], $2::text[], $3::json[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[])
       as u (tenant_id, name, timeline, due_at, decide_at, matters_until)
     where t.tenant_id = u.tenant_id and t.name = u.name`,
    [
      changed.map(({ tenantId }) => tenantId),
      changed.map(({ name }) => name),
      changed.map(({ timeline }) => JSON.stringify(timeline)),
      next.map((each) => (each === undefined ? null : new Date(each.dueMs))),
      next.map((each) => (each === undefined ? null : new Date(each.decideAtMs))),
      changed.map(({ timeline }) => new Date(mattersUntilMs(timeline))),
    ],
  )
}

/** A period of a viewer that has ended, as far as is known, without what had to happen. */
export interface PassedDeadline extends TimelineName {
  readonly dueAt: Date
}

/** Another member, or a crash, may have asked and not been answered; until then the stage has it in hand. */
const askedAgainAfter = '10 minutes'

/**
 * Hands over the periods of some tenants that are to be looked at, those that wait longest first, and notes that they were: in one
 * transaction, so that of what could not be told nothing is noted.
 */
export async function tellPassedDeadlines(database: Database, tenants: readonly string[], now: Date, limit: number, tell: (passed: readonly PassedDeadline[]) => Promise<void>): Promise<number> {
  return database.transaction(tenants, async (sql) => {
    const rows = await sql.query<{ tenant_id: string; name: string; due_at: Date }>(
      `update compliance.timelines t set asked_at = $2
       from (select tenant_id, name from compliance.timelines
             where tenant_id = any($1::text[]) and decide_at <= $2 and (asked_at is null or asked_at < $2::timestamptz - interval '${askedAgainAfter}')
             order by decide_at limit $3 for update skip locked) due
       where t.tenant_id = due.tenant_id and t.name = due.name returning t.tenant_id, t.name, t.due_at`,
      [tenants, now, limit],
    )
    if (rows.length > 0) await tell(rows.map(({ tenant_id, name, due_at }) => ({ tenantId: tenant_id, name, dueAt: due_at })))
    return rows.length
  })
}

/** Forgets timelines that can't matter any more. */
export async function forgetTimelines(database: Database, tenants: readonly string[], now: Date): Promise<void> {
  await database.transaction(tenants, (sql) => sql.query('delete from compliance.timelines where matters_until < $1 and decide_at is null', [now]))
}
