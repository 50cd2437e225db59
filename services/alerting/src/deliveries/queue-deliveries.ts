import { derivedId } from '@ott/contracts/derived-id'
import { isTraceparent } from '@ott/contracts/traceparent'
import type { Sql } from '@ott/postgres/database'
import { destinationKey } from './destination-key.ts'
import type { Destination, NewDelivery } from './new-delivery.ts'

/** The id of the delivery of a message to a destination: the same message to the same one is the same delivery. */
export function deliveryId(messageId: string, destination: Destination): string {
  return derivedId(messageId, 'deliveries', destinationKey(destination))
}

/**
 * Writes what is to be delivered, in the transaction of the change it tells of: either both are kept or neither. What is there already
 * stays as it is. For a destination that is disabled it is kept as `skipped`. Order in a lane is the order of the calls: whoever writes
 * to a lane does so one transaction at a time.
 */
export async function queueDeliveries(sql: Sql, deliveries: readonly NewDelivery[], nowMs: number): Promise<void> {
  if (deliveries.length === 0) return
  const each = <T>(pick: (delivery: NewDelivery) => T): T[] => deliveries.map(pick)
  const ofReceiver = (name: 'receiver' | 'integration') => each(({ destination }) => (destination.kind === 'receiver' ? destination[name] : null))
  await sql.query(
    `insert into alerting.deliveries
       (tenant_id, id, message_id, destination, kind, receiver, integration, webhook_id, lane, event_type, content, traceparent,
        status, next_attempt_at, created_at, finished_at)
     select n.tenant_id, n.id, n.message_id, n.destination, n.kind, n.receiver, n.integration, n.webhook_id, n.lane, n.event_type, n.content, n.traceparent,
       case when h.disabled_at is null then 'pending' else 'skipped' end, $13::timestamptz, $13::timestamptz,
       case when h.disabled_at is null then null else $13::timestamptz end
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::json[], $12::text[])
       with ordinality as n (tenant_id, id, message_id, destination, kind, receiver, integration, webhook_id, lane, event_type, content, traceparent, place)
     left join alerting.destinations h on h.tenant_id = n.tenant_id and h.destination = n.destination
     order by n.place
     on conflict (tenant_id, id) do nothing`,
    [
      each(({ tenantId }) => tenantId),
      each(({ messageId, destination }) => deliveryId(messageId, destination)),
      each(({ messageId }) => messageId),
      each(({ destination }) => destinationKey(destination)),
      each(({ destination }) => destination.kind),
      ofReceiver('receiver'),
      ofReceiver('integration'),
      each(({ destination }) => (destination.kind === 'webhook' ? destination.webhookId : null)),
      each(({ lane }) => lane),
      each(({ eventType }) => eventType),
      each(({ content }) => JSON.stringify(content)),
      // Headers are the producers' own: only what names a trace is kept.
      each(({ traceparent }) => (isTraceparent(traceparent) ? traceparent : null)),
      new Date(nowMs),
    ],
  )
}
