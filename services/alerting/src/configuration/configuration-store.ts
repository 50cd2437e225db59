import type { AlertingConfiguration } from '@ott/alert-routing/configuration'
import { readConfiguration } from '@ott/alert-routing/read-configuration'
import type { Database, Sql } from '@ott/postgres/database'
import { defaultConfiguration } from './default-configuration.ts'

/** The configurations in force, read once a version. */
export interface Configurations {
  /** Of these tenants, as this transaction sees them; the default where a tenant has none. */
  inForce(sql: Sql, tenantIds: readonly string[]): Promise<ReadonlyMap<string, AlertingConfiguration>>
}

/** Of one tenant, as this transaction sees it. */
export async function configurationOf(configurations: Configurations, sql: Sql, tenantId: string): Promise<AlertingConfiguration> {
  const configuration = (await configurations.inForce(sql, [tenantId])).get(tenantId)
  if (configuration === undefined) throw new Error('a tenant without a configuration')
  return configuration
}

/** The same, in a transaction of its own. */
export function configurationInForce({ database, configurations }: { readonly database: Database; readonly configurations: Configurations }, tenantId: string): Promise<AlertingConfiguration> {
  return database.transaction([tenantId], (sql) => configurationOf(configurations, sql, tenantId))
}

export interface ConfigurationItem {
  /** 0: the default. */
  readonly version: number
  readonly text: string
  readonly createdAt: Date | undefined
  readonly createdBy: string | undefined
}

/** Texts that are kept in their read form in a process. */
const rememberedMax = 1_000

/**
 * @param onUnreadable told of a kept text that this code doesn't take any more: the tenant's alerts then go by the default
 */
export function rememberConfigurations(onUnreadable: (tenantId: string, problem: string) => void): Configurations {
  const fallback = defaultConfiguration()
  const known = new Map<string, { version: number; configuration: AlertingConfiguration }>()
  return {
    async inForce(sql, tenantIds) {
      const versions = await sql.query<{ tenant_id: string; version: number }>(
        'select tenant_id, max(version) as version from alerting.configurations where tenant_id = any($1::text[]) group by tenant_id',
        [tenantIds],
      )
      const missing = versions.filter(({ tenant_id, version }) => known.get(tenant_id)?.version !== version)
      if (missing.length > 0) {
        const texts = await sql.query<{ tenant_id: string; version: number; text: string }>(
          'select tenant_id, version, text from alerting.configurations where (tenant_id, version) in (select * from unnest($1::text[], $2::int[]))',
          [missing.map(({ tenant_id }) => tenant_id), missing.map(({ version }) => version)],
        )
        for (const { tenant_id, version, text } of texts) {
          const read = readConfiguration(text)
          if (!read.ok) onUnreadable(tenant_id, read.problems[0]?.message ?? '')
          known.delete(tenant_id)
          known.set(tenant_id, { version, configuration: read.ok ? read.configuration : fallback })
          const oldest = known.size > rememberedMax ? known.keys().next().value : undefined
          if (oldest !== undefined && oldest !== tenant_id) known.delete(oldest)
        }
      }
      const inForce = new Map(versions.flatMap(({ tenant_id, version }) => {
        const entry = known.get(tenant_id)
        return entry?.version === version ? [[tenant_id, entry.configuration] as const] : []
      }))
      return new Map(tenantIds.map((tenantId) => [tenantId, inForce.get(tenantId) ?? fallback]))
    },
  }
}

export async function readCurrent(sql: Sql, tenantId: string): Promise<ConfigurationItem | undefined> {
  const [row] = await sql.query<{ version: number; text: string; created_at: Date; created_by: string }>(
    'select version, text, created_at, created_by from alerting.configurations where tenant_id = $1 order by version desc limit 1',
    [tenantId],
  )
  return row && { version: row.version, text: row.text, createdAt: row.created_at, createdBy: row.created_by }
}

/**
 * Keeps a configuration as the tenant's next version; the ones before stay.
 * @param replaces the version that it is meant to replace; undefined: whichever
 * @returns undefined when another one is in force by now
 */
export async function saveConfiguration(
  sql: Sql,
  { tenantId, text, by, replaces, nowMs }: { tenantId: string; text: string; by: string; replaces: number | undefined; nowMs: number },
): Promise<number | undefined> {
  // One writer of a tenant at a time: the next waits here, and then sees this one's version.
  await sql.query(`select pg_advisory_xact_lock(hashtextextended('alerting.configurations ' || $1, 0))`, [tenantId])
  const version = (await readCurrent(sql, tenantId))?.version ?? 0
  if (replaces !== undefined && replaces !== version) return undefined
  sql.send('insert into alerting.configurations (tenant_id, version, text, created_at, created_by) values ($1, $2, $3, $4, $5)', [
    tenantId,
    version + 1,
    text,
    new Date(nowMs),
    by,
  ])
  return version + 1
}
