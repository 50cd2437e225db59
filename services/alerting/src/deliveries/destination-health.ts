import type { Sql } from '@ott/postgres/database'
import { receiverKeyPrefix } from './destination-key.ts'

/** A destination that has taken nothing for so long, and was tried all the while, is disabled. */
export const failingMsMax = 120 * 3_600_000

/** Failures further apart than any wait of the schedule don't tell of one long failure: between them nothing was tried. */
const quietMs = 48 * 3_600_000

/** `gone`: it answered 410. `failing`: see {@link failingMsMax}. `requested`, `deleted`: its tenant did. */
export type DisabledReason = 'gone' | 'failing' | 'requested' | 'deleted'

export interface DestinationHealth {
  readonly failingSince: string | null
  readonly disabledAt: string | null
  readonly disabledReason: DisabledReason | null
}

export interface HealthRow {
  failing_since: Date | null
  disabled_at: Date | null
  disabled_reason: DisabledReason | null
}

export function destinationHealth(row: HealthRow | undefined): DestinationHealth {
  return {
    failingSince: row?.failing_since?.toISOString() ?? null,
    disabledAt: row?.disabled_at?.toISOString() ?? null,
    disabledReason: row?.disabled_reason ?? null,
  }
}

/** A destination took something, or is another one now: what failed before counts no more. */
export async function forgetFailures(sql: Sql, tenantId: string, key: string): Promise<void> {
  await sql.query('update alerting.destinations set failing_since = null, last_failure_at = null where tenant_id = $1 and destination = $2 and failing_since is not null', [tenantId, key])
}

/** Notes a failure; answers for how many ms the destination has been failing. */
export async function noteFailure(sql: Sql, tenantId: string, key: string, nowMs: number): Promise<number> {
  const [row] = await sql.query<{ failing_since: Date }>(
    `insert into alerting.destinations as h (tenant_id, destination, failing_since, last_failure_at) values ($1, $2, $3, $3)
     on conflict (tenant_id, destination) do update set
       failing_since = case when h.failing_since is null or h.last_failure_at < $4 then $3 else h.failing_since end,
       last_failure_at = greatest(h.last_failure_at, $3)
     returning failing_since`,
    [tenantId, key, new Date(nowMs), new Date(nowMs - quietMs)],
  )
  return nowMs - (row?.failing_since.getTime() ?? nowMs)
}

/** Disables a destination: what is pending for it, and what comes, is skipped. False where it was disabled already. */
export async function disableDestination(sql: Sql, tenantId: string, key: string, reason: DisabledReason, nowMs: number): Promise<boolean> {
  const changed = await sql.query(
    `insert into alerting.destinations as h (tenant_id, destination, disabled_at, disabled_reason) values ($1, $2, $3, $4)
     on conflict (tenant_id, destination) do update set disabled_at = $3, disabled_reason = $4
     where h.disabled_at is null or ($4 = 'deleted' and h.disabled_reason <> 'deleted')
     returning destination`,
    [tenantId, key, new Date(nowMs), reason],
  )
  if (changed.length === 0) return false
  await sql.query(
    `update alerting.deliveries set status = 'skipped', finished_at = $3, last_error = coalesce(last_error, 'the destination was disabled')
     where tenant_id = $1 and destination = $2 and status = 'pending'`,
    [tenantId, key, new Date(nowMs)],
  )
  return true
}

/** Lets a destination have messages again from now on; what was skipped may be sent again. False where it wasn't disabled. */
export async function enableDestination(sql: Sql, tenantId: string, key: string): Promise<boolean> {
  return (await enableWhere(sql, tenantId, 'destination = $2', key)) > 0
}

/** The same for all integrations of a receiver; answers how many were disabled. */
export async function enableReceiver(sql: Sql, tenantId: string, receiver: string): Promise<number> {
  return enableWhere(sql, tenantId, 'starts_with(destination, $2)', receiverKeyPrefix(receiver))
}

async function enableWhere(sql: Sql, tenantId: string, which: 'destination = $2' | 'starts_with(destination, $2)', value: string): Promise<number> {
  const enabled = await sql.query(
    `update alerting.destinations set disabled_at = null, disabled_reason = null, failing_since = null, last_failure_at = null
     where tenant_id = $1 and ${which} and disabled_at is not null returning destination`,
    [tenantId, value],
  )
  return enabled.length
}

/** How the integrations of receivers fare, by {@link destinationKey}; those never heard of are left out. */
export async function readDestinations(sql: Sql, tenantId: string, keys: readonly string[]): Promise<Map<string, DestinationHealth>> {
  const rows = await sql.query<HealthRow & { destination: string }>(
    'select destination, failing_since, disabled_at, disabled_reason from alerting.destinations where tenant_id = $1 and destination = any($2::text[])',
    [tenantId, keys],
  )
  return new Map(rows.map((row) => [row.destination, destinationHealth(row)]))
}
