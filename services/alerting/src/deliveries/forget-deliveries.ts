import type { Database } from '@ott/postgres/database'

const atOnce = 1_000

/**
 * Removes deliveries that ended longer ago than the log is kept, with their tries. Those that are under way stay, however old.
 * @returns how many; as many as are removed at once when there may be more
 */
export async function forgetDeliveries(database: Database, tenants: readonly string[], { keptMs, nowMs }: { keptMs: number; nowMs: number }): Promise<number> {
  const gone = await database.transaction(tenants, (sql) =>
    sql.query(
      `with gone as (
         delete from alerting.deliveries d using (
           select tenant_id, id from alerting.deliveries where status <> 'pending' and finished_at < $1 order by finished_at limit ${atOnce} for update skip locked
         ) old where d.tenant_id = old.tenant_id and d.id = old.id returning d.tenant_id, d.id
       ), tries as (
         delete from alerting.delivery_attempts a using gone g where a.tenant_id = g.tenant_id and a.delivery_id = g.id
       )
       select id from gone`,
      [new Date(nowMs - keptMs)],
    ),
  )
  return gone.length
}
