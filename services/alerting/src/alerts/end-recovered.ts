import type { Database } from '@ott/postgres/database'

/**
 * Ends the alerts about receivers and webhooks that were disabled, once they are so no more, whoever did that and how: enabled, turned off on purpose, or deleted.
 * @returns how many ended; the topic hears of it with the other alerts whose end has come
 */
export async function endRecovered(database: Database, tenants: readonly string[], nowMs: number): Promise<number> {
  const ended = await database.transaction(tenants, (sql) =>
    sql.query(
      `update alerting.alerts a set ends_at = $1
       where a.source = 'system' and a.rule = 'ReceiverDisabled' and a.status <> 'resolved' and (a.ends_at is null or a.ends_at > $1)
         and not exists (select from alerting.destinations d
           where d.tenant_id = a.tenant_id and d.destination = a.annotations->>'destination' and d.disabled_reason in ('gone', 'failing'))
       returning a.id`,
      [new Date(nowMs)],
    ),
  )
  return ended.length
}
