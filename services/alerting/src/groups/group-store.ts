import type { Alert, Labels } from '@ott/alert-routing/alert'
import type { NotifiedState } from '@ott/alert-routing/flush-group'
import type { Sql } from '@ott/postgres/database'
import { alertOf, type AlertColumns } from '../alerts/save-alerts.ts'

/** Who was called for a group since it began to need somebody, as it is kept. */
export interface EscalationState {
  readonly policy: string
  readonly startedAtMs: number
  readonly stepsDone: number
  /** Receivers that were called: they hear of the end. */
  readonly called: readonly string[]
}

export interface Group {
  readonly tenantId: string
  readonly id: string
  readonly key: string
  readonly routeKey: string
  readonly receiver: string
  readonly labels: Labels
  readonly notified: ReadonlyMap<string, NotifiedState>
  readonly sequence: number
  readonly escalation: EscalationState | undefined
}

export interface Member {
  readonly alert: Alert
  readonly hasLeft: boolean
  readonly generatorUrl: string
  readonly traceparent: string | undefined
}

interface GroupRow {
  tenant_id: string
  id: string
  key: string
  route_key: string
  receiver: string
  labels: Record<string, string>
  notified: Record<string, NotifiedState>
  sequence: number
  escalation: EscalationState | null
}

const columns = 'tenant_id, id, key, route_key, receiver, labels, notified, sequence, escalation'

function groupOf(row: GroupRow): Group {
  return {
    tenantId: row.tenant_id,
    id: row.id,
    key: row.key,
    routeKey: row.route_key,
    receiver: row.receiver,
    labels: row.labels,
    notified: new Map(Object.entries(row.notified)),
    sequence: row.sequence,
    escalation: row.escalation ?? undefined,
  }
}

/** Takes the group that has been due for longest, for as long as the transaction lasts; nobody else takes it meanwhile. */
export async function takeDueGroup(sql: Sql, due: 'next_flush_at' | 'escalation_next_at', nowMs: number): Promise<Group | undefined> {
  const rows = await sql.query<GroupRow>(
    due === 'next_flush_at'
      ? `select ${columns} from alerting.groups where next_flush_at <= $1 order by next_flush_at, id limit 1 for update skip locked`
      : `select ${columns} from alerting.groups where escalation_next_at <= $1 order by escalation_next_at, id limit 1 for update skip locked`,
    [new Date(nowMs)],
  )
  return rows[0] && groupOf(rows[0])
}

export async function readMembers(sql: Sql, { tenantId, id }: Pick<Group, 'tenantId' | 'id'>): Promise<Member[]> {
  const rows = await sql.query<MemberRow>(
    `select m.has_left, a.generator_url, a.traceparent, a.id, a.labels, a.annotations, a.starts_at, a.ends_at, a.acknowledged_at, a.updated_at
     from alerting.group_members m join alerting.alerts a on a.tenant_id = m.tenant_id and a.id = m.alert_id
     where m.tenant_id = $1 and m.group_id = $2 order by a.starts_at, a.id`,
    [tenantId, id],
  )
  return rows.map((row) => ({ alert: alertOf(row, row.updated_at.getTime()), hasLeft: row.has_left, generatorUrl: row.generator_url, traceparent: row.traceparent ?? undefined }))
}

interface MemberRow extends AlertColumns {
  has_left: boolean
  generator_url: string
  traceparent: string | null
  updated_at: Date
}

/** All alerts of a tenant that fire now: what may inhibit others. */
export async function readFiring(sql: Sql, tenantId: string, nowMs: number): Promise<Alert[]> {
  const rows = await sql.query<MemberRow>(
    `select id, labels, annotations, starts_at, ends_at, acknowledged_at, updated_at from alerting.alerts
     where tenant_id = $1 and status <> 'resolved' and (ends_at is null or ends_at > $2)`,
    [tenantId, new Date(nowMs)],
  )
  return rows.map((row) => alertOf(row, row.updated_at.getTime()))
}

/** What a turn at a group came to. */
export interface GroupChange {
  readonly notified: ReadonlyMap<string, NotifiedState>
  readonly sequence: number
  /** Alerts that leave it for good. */
  readonly drop: readonly string[]
  /** Undefined: it rests until an alert joins it again. */
  readonly nextFlushAtMs: number | undefined
  readonly escalation: EscalationState | undefined
  readonly escalationNextAtMs: number | undefined
}

export function saveFlushed(sql: Sql, { tenantId, id }: Pick<Group, 'tenantId' | 'id'>, change: GroupChange, nowMs: number): void {
  const dateOf = (ms: number | undefined) => (ms === undefined ? null : new Date(ms))
  sql.send(
    `update alerting.groups set notified = $3, sequence = $4, next_flush_at = $5, has_flushed = true, escalation = $6, escalation_next_at = $7, updated_at = $8
     where tenant_id = $1 and id = $2`,
    [
      tenantId,
      id,
      JSON.stringify(Object.fromEntries(change.notified)),
      change.sequence,
      dateOf(change.nextFlushAtMs),
      change.escalation === undefined ? null : JSON.stringify(change.escalation),
      dateOf(change.escalationNextAtMs),
      new Date(nowMs),
    ],
  )
  if (change.drop.length > 0) {
    sql.send('delete from alerting.group_members where tenant_id = $1 and group_id = $2 and alert_id = any($3::text[])', [tenantId, id, change.drop])
  }
}

export function saveEscalated(sql: Sql, { tenantId, id }: Pick<Group, 'tenantId' | 'id'>, escalation: EscalationState, nextAtMs: number | undefined): void {
  sql.send('update alerting.groups set escalation = $3, escalation_next_at = $4 where tenant_id = $1 and id = $2', [
    tenantId,
    id,
    JSON.stringify(escalation),
    nextAtMs === undefined ? null : new Date(nextAtMs),
  ])
}

/** How long Alertmanager's notification log remembers (`--data.retention`, 120 h): a group that comes back within it isn't told what it knows. */
const rememberedMs = 120 * 3_600_000

/** Forgets groups that have been empty for longer than anybody asks. */
export function forgetRestingGroups(sql: Sql, nowMs: number): void {
  sql.send('delete from alerting.groups where next_flush_at is null and updated_at < $1', [new Date(nowMs - rememberedMs)])
}
