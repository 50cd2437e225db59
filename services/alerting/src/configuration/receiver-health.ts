import type { AlertingConfiguration } from '@ott/alert-routing/configuration'
import type { Database } from '@ott/postgres/database'
import { destinationKey } from '../deliveries/destination-key.ts'

export interface ShownReceiver {
  readonly name: string
  readonly integrations: readonly ShownIntegration[]
}

/** Without addresses and keys: they are secrets. */
export interface ShownIntegration {
  readonly key: string
  readonly kind: string
  readonly sendResolved: boolean
  readonly failingSince: string | null
  readonly disabledAt: string | null
  readonly disabledReason: string | null
}

/** The receivers of a tenant's configuration, and how they fare. */
export async function shownReceivers(database: Database, tenantId: string, { receivers }: AlertingConfiguration): Promise<ShownReceiver[]> {
  const health = await database.transaction([tenantId], (sql) =>
    sql.query<{ destination: string; failing_since: Date | null; disabled_at: Date | null; disabled_reason: string | null }>(
      'select destination, failing_since, disabled_at, disabled_reason from alerting.destinations where tenant_id = $1',
      [tenantId],
    ),
  )
  const byDestination = new Map(health.map((row) => [row.destination, row]))
  return receivers.map(({ name, integrations }) => ({
    name,
    integrations: integrations.map(({ key, kind, sendResolved }) => {
      const row = byDestination.get(destinationKey({ kind: 'receiver', receiver: name, integration: key }))
      return { key, kind, sendResolved, failingSince: row?.failing_since?.toISOString() ?? null, disabledAt: row?.disabled_at?.toISOString() ?? null, disabledReason: row?.disabled_reason ?? null }
    }),
  }))
}
