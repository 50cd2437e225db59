import { randomUUID } from 'node:crypto'
import type { ScreeningMode } from '@ott/contracts/screening'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import type { Database, Sql } from '@ott/postgres/database'

/** What a tenant may change about itself. Absent fields stay as they are. */
export interface TenantChange {
  readonly riskThreshold?: number | undefined
  readonly ignoredEventTypes?: readonly string[] | undefined
  readonly screening?: ScreeningMode | undefined
  readonly webhook?: { readonly url: string; readonly secret: string } | null | undefined
}

export interface ApiKeyRecord {
  readonly id: string
  readonly createdAt: Date
}

export const apiKeysMax = 50

/** Tenants in the database. */
export interface TenantStore {
  ids(): Promise<string[]>
  read(tenantId: string): Promise<TenantConfiguration | undefined>
  create(tenant: { tenantId: string; name: string; riskThreshold: number }): Promise<void>
  addKey(tenantId: string, sha256: string): Promise<void>
  /** Keys by id, the oldest first; never what is kept of them. */
  keys(tenantId: string): Promise<ApiKeyRecord[]>
  /** Adds a key under an id of the tenant's choice. */
  createKey(tenantId: string, id: string, sha256: string): Promise<'created' | 'exists' | 'too-many'>
  /** Ends a key, unless it is the only one: nobody could make another. */
  deleteKey(tenantId: string, id: string): Promise<'deleted' | 'unknown' | 'last'>
  change(tenantId: string, change: TenantChange): Promise<void>
}

interface TenantRow {
  name: string
  risk_threshold: number
  ignored_event_types: string[]
  screening: ScreeningMode
  webhook_url: string | null
  webhook_secret: string | null
}

export function createTenantStore(database: Database): TenantStore {
  return {
    ids: () =>
      database.transaction([], async (sql) => (await sql.query<{ tenant_id: string }>('select tenant_id from tenant.tenant_ids order by 1')).map((row) => row.tenant_id)),
    read: (tenantId) => database.transaction([tenantId], (sql) => readConfiguration(sql, tenantId)),
    create: ({ tenantId, name, riskThreshold }) =>
      database.transaction([tenantId], async (sql) => {
        await sql.query('insert into tenant.tenant_ids values ($1) on conflict do nothing', [tenantId])
        await sql.query('insert into tenant.tenants (tenant_id, name, risk_threshold) values ($1, $2, $3) on conflict do nothing', [tenantId, name, riskThreshold])
      }),
    addKey: (tenantId, sha256) =>
      database.transaction([tenantId], async (sql) => {
        await sql.query('insert into tenant.api_keys (tenant_id, id, sha256) values ($1, $2, $3)', [tenantId, randomUUID(), sha256])
      }),
    keys: (tenantId) =>
      database.transaction([tenantId], (sql) => sql.query<ApiKeyRecord & object>('select id, created_at as "createdAt" from tenant.api_keys where tenant_id = $1 order by created_at, id', [tenantId])),
    createKey: (tenantId, id, sha256) =>
      database.transaction([tenantId], async (sql) => {
        if ((await lockedKeys(sql, tenantId)).length >= apiKeysMax) return 'too-many'
        const added = await sql.query('insert into tenant.api_keys (tenant_id, id, sha256) values ($1, $2, $3) on conflict (tenant_id, id) do nothing returning id', [tenantId, id, sha256])
        return added.length > 0 ? 'created' : 'exists'
      }),
    deleteKey: (tenantId, id) =>
      database.transaction([tenantId], async (sql) => {
        const keys = await lockedKeys(sql, tenantId)
        if (!keys.includes(id)) return 'unknown'
        if (keys.length === 1) return 'last'
        await sql.query('delete from tenant.api_keys where tenant_id = $1 and id = $2', [tenantId, id])
        return 'deleted'
      }),
    change: (tenantId, { riskThreshold, ignoredEventTypes, screening, webhook }) =>
      database.transaction([tenantId], async (sql) => {
        await sql.query(
          `update tenant.tenants set
             risk_threshold = coalesce($2, risk_threshold),
             ignored_event_types = coalesce($3, ignored_event_types),
             screening = coalesce($7, screening),
             webhook_url = case when $4 then $5 else webhook_url end,
             webhook_secret = case when $4 then $6 else webhook_secret end
           where tenant_id = $1`,
          [tenantId, riskThreshold ?? null, ignoredEventTypes ?? null, webhook !== undefined, webhook?.url ?? null, webhook?.secret ?? null, screening ?? null],
        )
      }),
  }
}

/** The ids of a tenant's keys; until the transaction ends nobody else adds or ends one. */
async function lockedKeys(sql: Sql, tenantId: string): Promise<string[]> {
  await sql.query('select from tenant.tenants where tenant_id = $1 for update', [tenantId])
  return (await sql.query<{ id: string }>('select id from tenant.api_keys where tenant_id = $1', [tenantId])).map(({ id }) => id)
}

async function readConfiguration(sql: Sql, tenantId: string): Promise<TenantConfiguration | undefined> {
  const [row] = await sql.query<TenantRow>('select * from tenant.tenants where tenant_id = $1', [tenantId])
  if (row === undefined) return undefined
  const apiKeys = await sql.query<{ id: string; sha256: string }>('select id, sha256 from tenant.api_keys where tenant_id = $1 order by id', [tenantId])
  return {
    tenantId,
    name: row.name,
    apiKeys,
    riskThreshold: row.risk_threshold,
    ignoredEventTypes: row.ignored_event_types,
    screening: row.screening,
    ...(row.webhook_url === null || row.webhook_secret === null ? {} : { webhook: { url: row.webhook_url, secret: row.webhook_secret } }),
  }
}
