import { recordKeyOf } from '@ott/contracts/define-event'
import { violationChanged, type ViolationChanged } from '@ott/contracts/violation-changed'
import type { Bus } from '@ott/pipeline/bus'
import type { Database } from '@ott/postgres/database'

export interface PublishChangesOptions {
  readonly database: Database
  readonly bus: Pick<Bus, 'publish'>
  readonly tenantIds: () => readonly string[]
  readonly nowMs: () => number
  onTold?(event: ViolationChanged): void
}

export const changesAtOnce = 500
/** What was told stays in the history; the outbox keeps it for a day, to look at. */
const keptMs = 86_400_000
/** Names the lock of whoever publishes. */
const publisherLock = 'violation.outbox'

interface WaitingRow {
  tenant_id: string
  id: string
  event: ViolationChanged
  traceparent: string | null
}

/**
 * Tells of changes that wait, in the order in which they were made, and notes that. One process at a time: changes of a case reach the topic in order. One that dies after
 * publishing leaves them to be told again, under the same ids.
 * @returns how many were told
 */
export function publishChanges({ database, bus, tenantIds, nowMs, onTold }: PublishChangesOptions): Promise<number> {
  const tenants = tenantIds()
  if (tenants.length === 0) return Promise.resolve(0)
  return database.transaction(tenants, async (sql) => {
    const [lock] = await sql.query<{ held: boolean }>('select pg_try_advisory_xact_lock(hashtext($1)) as held', [publisherLock])
    if (lock?.held !== true) return 0
    const waiting = await sql.query<WaitingRow>('select tenant_id, id, event, traceparent from violation.outbox where published_at is null order by id limit $1', [changesAtOnce])
    if (waiting.length === 0) return 0
    await bus.publish(
      waiting.map(({ event, traceparent }) => ({
        topic: violationChanged.topic,
        key: recordKeyOf(event),
        value: JSON.stringify(event),
        headers: { 'content-type': 'application/cloudevents+json; charset=utf-8', ...(traceparent === null ? {} : { traceparent }) },
      })),
    )
    for (const { event } of waiting) onTold?.(event)
    const now = nowMs()
    sql.send(
      `update violation.outbox o set published_at = $3 from unnest($1::text[], $2::bigint[]) as n (tenant_id, id) where o.tenant_id = n.tenant_id and o.id = n.id`,
      [waiting.map(({ tenant_id: tenant }) => tenant), waiting.map(({ id }) => id), new Date(now)],
    )
    sql.send('delete from violation.outbox where published_at < $1', [new Date(now - keptMs)])
    return waiting.length
  })
}
