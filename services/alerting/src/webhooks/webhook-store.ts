import type { SubscribableEventType } from '@ott/contracts/webhook-event-types'
import type { Cursor } from '@ott/http/page'
import type { Sql } from '@ott/postgres/database'
import { destinationKey } from '../deliveries/destination-key.ts'
import { destinationHealth, type HealthRow } from '../deliveries/destination-health.ts'
import type { Webhook, WebhookSecret, WebhookSignature } from './webhook.ts'

interface WebhookRow extends HealthRow {
  id: string
  url: string
  event_types: SubscribableEventType[]
  description: string
  signature: WebhookSignature
  secrets: WebhookSecret[]
  version: number
  created_at: Date
  updated_at: Date
}

const fromWebhooks = `
  select w.id, w.url, w.event_types, w.description, w.signature, w.secrets, w.version, w.created_at, w.updated_at, h.failing_since, h.disabled_at, h.disabled_reason
  from alerting.webhooks w left join alerting.destinations h on h.tenant_id = w.tenant_id and h.destination = 'webhook/' || w.id
  where w.tenant_id = $1 and w.deleted_at is null`

function webhookOf(row: WebhookRow): Webhook {
  return {
    id: row.id,
    url: row.url,
    eventTypes: row.event_types,
    description: row.description,
    signature: row.signature,
    secrets: row.secrets,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    health: destinationHealth(row),
  }
}

export async function readWebhook(sql: Sql, tenantId: string, id: string): Promise<Webhook | undefined> {
  const [row] = await sql.query<WebhookRow>(`${fromWebhooks} and w.id = $2`, [tenantId, id])
  return row && webhookOf(row)
}

/** A page of a tenant's webhooks, newest first, one more than the limit where there are more. */
export async function listWebhooks(sql: Sql, tenantId: string, { limit, after }: { limit: number; after: Cursor | undefined }): Promise<Webhook[]> {
  const rows = await sql.query<WebhookRow>(
    `${fromWebhooks} and ($2::timestamptz is null or (w.created_at, w.id) < ($2, $3)) order by w.created_at desc, w.id desc limit $4`,
    [tenantId, after?.at ?? null, after?.id ?? null, limit + 1],
  )
  return rows.map(webhookOf)
}

/** How many webhooks a tenant has; others who count wait until this transaction has ended, so that a bound holds. */
export async function countWebhooks(sql: Sql, tenantId: string): Promise<number> {
  await sql.query(`select pg_advisory_xact_lock(hashtextextended('alerting.webhooks ' || $1, 0))`, [tenantId])
  const [row] = await sql.query<{ count: number }>('select count(*)::int as count from alerting.webhooks where tenant_id = $1 and deleted_at is null', [tenantId])
  return row?.count ?? 0
}

export type NewWebhook = Pick<Webhook, 'id' | 'url' | 'eventTypes' | 'description' | 'signature' | 'secrets'>

export async function insertWebhook(sql: Sql, tenantId: string, { id, url, eventTypes, description, signature, secrets }: NewWebhook, nowMs: number): Promise<void> {
  await sql.query(
    `insert into alerting.webhooks (tenant_id, id, url, event_types, description, signature, secrets, created_at, updated_at) values ($1, $2, $3, $4::text[], $5, $6, $7, $8, $8)`,
    [tenantId, id, url, eventTypes, description, signature, JSON.stringify(secrets), new Date(nowMs)],
  )
}

/** Changes what is given, where the webhook is still as `webhook` says; false where somebody else has changed it since. */
export async function updateWebhook(
  sql: Sql,
  tenantId: string,
  { id, version }: Pick<Webhook, 'id' | 'version'>,
  change: Partial<Pick<Webhook, 'url' | 'eventTypes' | 'description' | 'secrets'>> & { readonly deleted?: true },
  nowMs: number,
): Promise<boolean> {
  const changed = await sql.query(
    `update alerting.webhooks set url = coalesce($4, url), event_types = coalesce($5::text[], event_types), description = coalesce($6, description),
       secrets = coalesce($7::json, secrets), deleted_at = case when $8::boolean then $9::timestamptz end, version = version + 1, updated_at = $9
     where tenant_id = $1 and id = $2 and version = $3 and deleted_at is null returning id`,
    [tenantId, id, version, change.url ?? null, change.eventTypes ?? null, change.description ?? null, change.secrets === undefined ? null : JSON.stringify(change.secrets), change.deleted ?? false, new Date(nowMs)],
  )
  return changed.length > 0
}

/** Ids of the webhooks that want each of these event types. */
export async function readSubscribers(sql: Sql, tenantId: string, types: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await sql.query<{ type: string; id: string }>(
    `select t.type, w.id from unnest($2::text[]) as t (type)
     join alerting.webhooks w on w.tenant_id = $1 and w.deleted_at is null and (t.type = any (w.event_types) or '*' = any (w.event_types))
     order by w.created_at, w.id`,
    [tenantId, types],
  )
  return new Map([...Map.groupBy(rows, ({ type }) => type)].map(([type, of]) => [type, of.map(({ id }) => id)]))
}

export function webhookKey(id: string): string {
  return destinationKey({ kind: 'webhook', webhookId: id })
}

/** Whether there is such a webhook, or ever was where deleted ones count. */
export async function isWebhookKnown(sql: Sql, tenantId: string, id: string, including: { readonly deleted: boolean }): Promise<boolean> {
  const rows = await sql.query('select id from alerting.webhooks where tenant_id = $1 and id = $2 and (deleted_at is null or $3::boolean)', [tenantId, id, including.deleted])
  return rows.length > 0
}
