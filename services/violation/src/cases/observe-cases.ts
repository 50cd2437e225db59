import type { ViolationChanged } from '@ott/contracts/violation-changed'
import type { Database } from '@ott/postgres/database'
import { Counter, type Registry } from '@ott/telemetry/metrics'
import { sampleGauges } from '@ott/telemetry/sampled-gauge'

export interface ObserveCasesOptions {
  readonly registry: Registry
  readonly database: Database
  readonly tenantIds: () => readonly string[]
  readonly nowMs: () => number
}

/** Counts what is told of cases, and what waits to be: when that grows, the broker doesn't take it. */
export function observeCases({ registry, database, tenantIds, nowMs }: ObserveCasesOptions): { told(event: ViolationChanged): void } {
  const told = new Counter({ name: 'ott_violation_changes_total', help: 'Changes of violations that were told, by kind.', labelNames: ['tenant', 'change'], registers: [registry] })
  sampleGauges({
    registry,
    gauges: [{ name: 'ott_violation_changes_waiting', help: 'Changes of violations that wait to be told.', labelNames: [] }],
    what: 'violation changes',
    freshMs: 15_000,
    waitMs: 3_000,
    nowMs,
    read: async () => [[{ labels: {}, value: await countWaiting(database, tenantIds()) }]],
  })
  return { told: ({ tenantid, data }) => told.inc({ tenant: tenantid, change: data.change }) }
}

async function countWaiting(database: Database, tenants: readonly string[]): Promise<number> {
  if (tenants.length === 0) return 0
  const [row] = await database.transaction(tenants, (sql) => sql.query<{ waiting: number }>('select count(*)::int as waiting from violation.outbox where published_at is null'))
  return row?.waiting ?? 0
}
