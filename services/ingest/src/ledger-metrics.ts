import { sampleGauges, type Sample } from '@ott/telemetry/sampled-gauge'
import type { Registry } from '@ott/telemetry/metrics'
import type { Ledger } from './ledger.ts'

/** Reading a ledger counts rows: so many tenants at a time, in turn, whoever scrapes how often. */
const tenantsAtATime = 20
const freshMs = 30_000

export interface LedgerMetricsOptions {
  readonly registry: Registry
  tenants(): readonly string[]
  read(tenantId: string): Promise<Ledger>
  readonly nowMs: () => number
}

/**
 * The books as gauges, by the ledger's own reading: `ott_ledger_missing` must be 0. With more than 20 tenants each is read
 * every so many half minutes, and keeps its last value in between.
 */
export function observeLedgers({ registry, tenants, read, nowMs }: LedgerMetricsOptions): void {
  const known = new Map<string, Ledger>()
  let next = 0
  sampleGauges({
    registry,
    gauges: [
      { name: 'ott_ledger_events', help: "A tenant's accepted events and what became of them, by the ledger's terms.", labelNames: ['tenant', 'term'] },
      { name: 'ott_ledger_missing', help: 'Accepted events of a tenant that are in no other term of its ledger; below 0, events that ended twice.', labelNames: ['tenant'] },
    ],
    what: 'ledger',
    freshMs,
    waitMs: 3_000,
    nowMs,
    async read() {
      const all = tenants()
      for (const gone of [...known.keys()].filter((id) => !all.includes(id))) known.delete(gone)
      const turn = Array.from({ length: Math.min(tenantsAtATime, all.length) }, (_, place) => all[(next + place) % all.length] ?? '')
      next = all.length === 0 ? 0 : (next + turn.length) % all.length
      for (const tenantId of turn) known.set(tenantId, await read(tenantId))
      return [[...known].flatMap(([tenant, ledger]) => termsOf(tenant, ledger)), [...known].map(([tenant, { missing }]) => ({ labels: { tenant }, value: missing }))]
    },
  })
}

function termsOf(tenant: string, { accepted, processed, duplicate, filtered, deadLettered, inFlight }: Ledger): Sample[] {
  const terms = { accepted, processed, duplicate, filtered, dead_lettered: deadLettered, in_flight: inFlight }
  return Object.entries(terms).map(([term, value]) => ({ labels: { tenant, term }, value }))
}
