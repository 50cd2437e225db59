import type { Database } from '@ott/postgres/database'
import { Counter, Histogram, latencyBucketsMs, type Registry } from '@ott/telemetry/metrics'
import { sampleGauges } from '@ott/telemetry/sampled-gauge'
import type { DeliveriesOptions } from './start-deliveries.ts'

const kinds = ['receiver', 'webhook'] as const

/** Counts and times the tries; tells them to the loop as `onTried`. */
export function observeTries(registry: Registry): DeliveriesOptions['onTried'] {
  const tries = new Counter({
    name: 'ott_deliveries_total',
    help: 'Tries to deliver a message, by what they came to; pending: it failed and will be tried again.',
    labelNames: ['tenant', 'kind', 'outcome'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'ott_delivery_duration_ms',
    help: 'Time until a destination answered, or was given up on.',
    labelNames: ['kind', 'outcome'],
    buckets: latencyBucketsMs,
    registers: [registry],
  })
  return ({ tenantId, destination: { kind } }, { outcome }, status, durationMs) => {
    tries.inc({ tenant: tenantId, kind, outcome: status })
    durations.observe({ kind, outcome }, durationMs)
  }
}

/** Gauges of what waits and of who is disabled, read from the tables when somebody scrapes. */
export function observeBacklog(registry: Registry, { database, tenants, nowMs }: Pick<DeliveriesOptions, 'database' | 'tenants' | 'nowMs'>): void {
  sampleGauges({
    registry,
    what: 'deliveries',
    freshMs: 15_000,
    waitMs: 1_000,
    nowMs,
    gauges: [
      { name: 'ott_deliveries_pending', help: 'Messages that have yet to reach their destination.', labelNames: ['kind'] },
      { name: 'ott_deliveries_oldest_pending_seconds', help: 'Age of the oldest message that has yet to reach its destination; 0 when there is none.', labelNames: ['kind'] },
      { name: 'ott_destinations_disabled', help: 'Receivers and webhooks that get nothing because they were gone or failing for too long.', labelNames: ['kind'] },
    ],
    async read() {
      const found = await readBacklog(database, tenants(), nowMs())
      const samples = (value: (of: BacklogRow | undefined) => number | undefined) => kinds.map((kind) => ({ labels: { kind }, value: value(found.find((row) => row.kind === kind)) ?? 0 }))
      return [samples((row) => row?.pending), samples((row) => row?.oldest_seconds), samples((row) => row?.disabled)]
    },
  })
}

interface BacklogRow {
  kind: (typeof kinds)[number]
  pending: number
  oldest_seconds: number
  disabled: number
}

async function readBacklog(database: Database, tenants: readonly string[], nowMs: number): Promise<BacklogRow[]> {
  if (tenants.length === 0) return []
  return database.transaction(tenants, (sql) =>
    sql.query<BacklogRow>(
      `select kind, sum(pending)::int as pending, max(oldest_seconds) as oldest_seconds, sum(disabled)::int as disabled from (
         select kind, count(*) as pending, greatest(0, extract(epoch from $1::timestamptz - min(created_at)))::float8 as oldest_seconds, 0 as disabled
         from alerting.deliveries where status = 'pending' group by kind
         union all
         select split_part(destination, '/', 1), 0, 0, count(*) from alerting.destinations where disabled_reason in ('gone', 'failing') group by 1
       ) n group by kind`,
      [new Date(nowMs)],
    ),
  )
}
