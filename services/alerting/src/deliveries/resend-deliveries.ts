import type { Sql } from '@ott/postgres/database'

/** So many at a time, that one call neither holds the table for long nor floods a receiver. */
export const resentMax = 10_000

export interface Resent {
  readonly count: number
  /** Where there were more: since when the next call takes up. RFC 3339. */
  readonly moreSince: string | null
}

/** Sends again what did not reach a destination since a moment, and what did too where that is asked for: the oldest first, in the order it had. */
export async function resendSince(sql: Sql, tenantId: string, key: string, { since, includeDelivered }: { since: Date; includeDelivered: boolean }, nowMs: number, max = resentMax): Promise<Resent> {
  const statuses = ['failed', 'skipped', ...(includeDelivered ? ['delivered'] : [])]
  const found = await sql.query<{ id: string; created_at: Date }>(
    `select id, created_at from alerting.deliveries where tenant_id = $1 and destination = $2 and status = any($3::text[]) and created_at >= $4
     order by created_at, sequence limit $5 for update`,
    [tenantId, key, statuses, since, max + 1],
  )
  const chosen = found.slice(0, max)
  await sendAgain(sql, tenantId, chosen.map(({ id }) => id), nowMs)
  return { count: chosen.length, moreSince: found[max]?.created_at.toISOString() ?? null }
}

/** Sends one again, or at once when it waits for its next try; false where it is being sent right now. */
export async function resendDelivery(sql: Sql, tenantId: string, id: string, nowMs: number): Promise<boolean> {
  const idle = await sql.query(
    `select id from alerting.deliveries d where tenant_id = $1 and id = $2 and (
       status <> 'pending' or attempts = 0 or exists (select from alerting.delivery_attempts a where a.tenant_id = d.tenant_id and a.delivery_id = d.id and a.number = d.attempts)
     ) for update`,
    [tenantId, id],
  )
  if (idle.length === 0) return false
  await sendAgain(sql, tenantId, [id], nowMs)
  return true
}

/** The schedule begins anew; those that waited behind one in its lane are due as soon as it is through. */
async function sendAgain(sql: Sql, tenantId: string, ids: readonly string[], nowMs: number): Promise<void> {
  if (ids.length === 0) return
  await sql.query(
    `with again as (
       update alerting.deliveries set status = 'pending', attempts_before_resend = attempts, next_attempt_at = $3, finished_at = null
       where tenant_id = $1 and id = any($2::text[]) returning destination, lane, sequence
     ),
     lanes as (select destination, lane, min(sequence) as sequence from again group by destination, lane)
     update alerting.deliveries d set next_attempt_at = $3 from lanes l
     where d.tenant_id = $1 and d.destination = l.destination and d.lane = l.lane and d.sequence > l.sequence and d.status = 'pending'
       and d.attempts = d.attempts_before_resend and d.next_attempt_at > $3 and d.id <> all($2::text[])`,
    [tenantId, ids, new Date(nowMs)],
  )
}
