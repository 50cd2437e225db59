import { expect, test } from '@jest/globals'
import { createRegistry } from '@ott/telemetry/metrics'
import { observeLedgers } from './ledger-metrics.ts'
import { reconcile } from './ledger.ts'

const refused = { invalid: 0, rateLimited: 0, quotaExceeded: 0 }
const ledger = (accepted: number) => reconcile(accepted, { processed: 5, duplicate: 2, filtered: 1, deadLettered: 1, refused }, false)

function watch(tenants: readonly string[]) {
  const registry = createRegistry('ingest')
  const clock = { nowMs: 0 }
  const asked: string[] = []
  observeLedgers({ registry, tenants: () => tenants, nowMs: () => clock.nowMs, read: async (id) => (asked.push(id), ledger(12)) })
  const scrape = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('ott_ledger'))
  return { scrape, clock, asked }
}

test("a tenant's terms and what is missing are those of its ledger", async () => {
  const { scrape } = watch(['acme'])
  expect(await scrape()).toEqual([
    ...Object.entries({ accepted: 12, processed: 5, duplicate: 2, filtered: 1, dead_lettered: 1, in_flight: 0 }).map(([term, value]) => `ott_ledger_events{tenant="acme",term="${term}",service="ingest"} ${value}`),
    'ott_ledger_missing{tenant="acme",service="ingest"} 3',
  ])
})

test('books are read at most every half minute, and at most twenty at a time: the others have their turn next', async () => {
  const { scrape, clock, asked } = watch(Array.from({ length: 30 }, (_, n) => `tenant-${n}`))
  await scrape()
  clock.nowMs = 29_999
  await scrape()
  expect(asked).toEqual(Array.from({ length: 20 }, (_, n) => `tenant-${n}`))
  clock.nowMs = 30_000
  const lines = await scrape()
  expect(new Set(asked).size).toBe(30)
  expect(lines.filter((line) => line.startsWith('ott_ledger_missing'))).toHaveLength(30)
})
