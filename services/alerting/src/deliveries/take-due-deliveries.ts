import type { Database } from '@ott/postgres/database'
import { destinationKey } from './destination-key.ts'
import { dueDelivery, type DueDelivery, type DueRow } from './due-delivery.ts'

/** How many deliveries a process has in hand at once. */
export interface DeliveryLimits {
  readonly total: number
  /** Of one tenant, so that one whose receivers all hang leaves room to the others. */
  readonly ofTenant: number
  /** Of one destination; one that failed last gets a single one until it takes something. */
  readonly ofDestination: number
}

export interface TakeRequest {
  readonly tenants: readonly string[]
  /** What the process has in hand already. */
  readonly inHand: readonly Pick<DueDelivery, 'tenantId' | 'destination' | 'lane'>[]
  readonly limits: DeliveryLimits
  readonly nowMs: number
  /** A process that dies with one in hand leaves it to be taken again after so long. */
  readonly leaseMs: number
}

/**
 * Takes deliveries that are due and the first of their lane; nobody else gets them while the lease lasts. Every destination gets its first before
 * any gets its second, and every tenant its first before any its second, so that nobody's backlog holds up others.
 * What it costs grows with the destinations that something waits for, not with what waits: it steps from one to the next along the index.
 */
export async function takeDueDeliveries(database: Database, { tenants, inHand, limits, nowMs, leaseMs }: TakeRequest): Promise<DueDelivery[]> {
  const room = limits.total - inHand.length
  if (tenants.length === 0 || room <= 0) return []
  const rows = await database.transaction(tenants, (sql) =>
    sql.query<DueRow>(takeStatement, [
      new Date(nowMs),
      new Date(nowMs + leaseMs),
      room,
      limits.ofTenant,
      limits.ofDestination,
      inHand.map(({ tenantId }) => tenantId),
      inHand.map(({ destination }) => destinationKey(destination)),
      tenants,
      inHand.map(({ lane }) => lane),
    ]),
  )
  return rows.map(dueDelivery)
}

const takeStatement = `
  with recursive waiting as (
    select t.tenant_id, n.destination from unnest($8::text[]) as t (tenant_id) cross join lateral (
      select d.destination from alerting.deliveries d where d.tenant_id = t.tenant_id and d.status = 'pending' order by d.destination limit 1
    ) n
    union all
    select w.tenant_id, n.destination from waiting w cross join lateral (
      select d.destination from alerting.deliveries d where d.tenant_id = w.tenant_id and d.status = 'pending' and d.destination > w.destination order by d.destination limit 1
    ) n
  ),
  in_hand as (
    select tenant_id, destination, array_agg(lane) as lanes, count(*)::int as of_destination, (sum(count(*)) over (partition by tenant_id))::int as of_tenant
    from unnest($6::text[], $7::text[], $9::text[]) as h (tenant_id, destination, lane) group by tenant_id, destination
  ),
  due as (
    select d.tenant_id, d.id, d.sequence, d.next_attempt_at,
      coalesce(b.of_destination, 0) + row_number() over (partition by d.tenant_id, w.destination order by d.next_attempt_at, d.sequence) as turn
    from waiting w
    left join in_hand b on b.tenant_id = w.tenant_id and b.destination = w.destination
    left join alerting.destinations h on h.tenant_id = w.tenant_id and h.destination = w.destination
    cross join lateral (
      select d.tenant_id, d.id, d.sequence, d.next_attempt_at from alerting.deliveries d
      where d.tenant_id = w.tenant_id and d.destination = w.destination and d.status = 'pending' and d.next_attempt_at <= $1
        and (b.lanes is null or d.lane <> all (b.lanes))
        and d.sequence = (
          select e.sequence from alerting.deliveries e
          where e.tenant_id = d.tenant_id and e.destination = d.destination and e.lane = d.lane and e.status = 'pending' order by e.sequence limit 1
        )
      order by d.next_attempt_at, d.sequence
      limit greatest(0, case when h.failing_since is null then $5::int else 1 end - coalesce(b.of_destination, 0))
    ) d
  ),
  ranked as (
    select due.*, coalesce(b.of_tenant, 0) + row_number() over (partition by due.tenant_id order by turn, next_attempt_at, sequence) as tenant_turn
    from due left join (select distinct tenant_id, of_tenant from in_hand) b on b.tenant_id = due.tenant_id
  ),
  chosen as (
    select tenant_id, id from ranked where tenant_turn <= $4::int order by turn, tenant_turn, next_attempt_at, sequence limit $3::int
  ),
  taken as (
    select d.tenant_id, d.id from chosen c join alerting.deliveries d on d.tenant_id = c.tenant_id and d.id = c.id
    where d.status = 'pending' and d.next_attempt_at <= $1 for update of d skip locked
  )
  update alerting.deliveries d set attempts = attempts + 1, next_attempt_at = $2
  from taken t where d.tenant_id = t.tenant_id and d.id = t.id
  returning d.tenant_id, d.id, d.message_id, d.receiver, d.integration, d.webhook_id, d.lane, d.event_type, d.content, d.traceparent, d.attempts, d.attempts_before_resend,
    exists (select from alerting.destinations h where h.tenant_id = d.tenant_id and h.destination = d.destination and h.disabled_at is not null) as destination_disabled`
