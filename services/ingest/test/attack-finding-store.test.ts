import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { decideBatch, rowsOf } from '@ott/pipeline/decide-batch'
import type { Received } from '@ott/pipeline/define-stage'
import { listAttackFindings } from '../src/attack-finding-store.ts'
import type { InboundEvent } from '../src/read-inbound.ts'
import { ingestStage } from '../src/stage.ts'
import { received } from './inbound-fixture.ts'
import { anIngestDatabase, type IngestDatabase } from './ingest-database.ts'

let database: IngestDatabase
let screening: 'mark' | 'block' | undefined
let counted: unknown[][]
beforeAll(async () => {
  database = await anIngestDatabase()
})
afterAll(async () => database?.[Symbol.asyncDispose]())
beforeEach(async () => {
  screening = undefined
  counted = []
  await database.admin.query('truncate ingest.event_keys, ingest.raw_events, ingest.discarded_events, ingest.attack_findings')
})

const anAttack = (id: string, offset: number, title = '<script>alert(1)</script>', topic = 'events.inbound.acme.v1') =>
  received({ id, data: { contentId: 'c-1', title } }, { offset: BigInt(offset), topic })

/** Takes a batch through the stage in one transaction, as the runtime does. */
async function work(batch: readonly Received<InboundEvent>[]): Promise<string[]> {
  const stage = ingestStage({ get: () => ({ screening }) as TenantConfiguration }, (...args) => void counted.push(args))
  return database.service.transaction([...new Set(batch.map(({ tenantId }) => tenantId))], async (sql) => {
    const facts = await stage.load(batch, sql, undefined)
    const decided = decideBatch(stage, batch, facts)
    await stage.save?.(rowsOf(decided), sql)
    return decided.decided.map(({ decision: { outcome } }) => outcome.kind)
  })
}

const list = (tenantId = 'acme', filter = {}, limit = 50) => listAttackFindings(database.service, tenantId, filter, { limit, after: undefined })

test('what was found in an event is kept once, neutralised, however often its batch is worked through', async () => {
  const batch = [anAttack('a<b', 1), received({ id: 'clean' }, { offset: 2n })]
  expect(await work(batch)).toEqual(['emitted', 'emitted'])
  expect(await work(batch)).toEqual(['emitted', 'emitted'])
  expect(await list()).toEqual([
    {
      eventKey: batch[0]?.event.eventKey,
      eventId: 'a[U+003C]b',
      at: '2026-03-01T12:00:00.000Z',
      action: 'marked',
      classes: ['xss'],
      findings: [{ path: 'data.title', classes: ['xss'], excerpt: '[U+003C]script[U+003E]alert(1)[U+003C]/script[U+003E]' }],
    },
  ])
  expect(counted[0]).toEqual(['acme', ['xss'], 'marked'])
})

test('a blocked event is a dead letter and claims no key: once its tenant lets it in, it is no duplicate', async () => {
  screening = 'block'
  expect(await work([anAttack('a', 1), anAttack('a', 2), received({ id: 'clean' }, { offset: 3n })])).toEqual(['dead_lettered', 'dead_lettered', 'emitted'])
  expect(await list()).toMatchObject([{ eventId: 'a', action: 'blocked' }])
  expect(await database.admin.query('select count(*)::int n from ingest.event_keys')).toEqual([{ n: 1 }])
  screening = 'mark'
  expect(await work([anAttack('a', 4)])).toEqual(['emitted'])
  expect(await list()).toMatchObject([{ eventId: 'a', action: 'marked' }])
})

test('an event that was let in stays in: its replay is emitted again and its copies are duplicates, though its tenant blocks by now', async () => {
  await work([anAttack('a', 1)])
  screening = 'block'
  expect(await work([anAttack('a', 1), anAttack('a', 2)])).toEqual(['emitted', 'duplicate'])
  expect(await list()).toMatchObject([{ action: 'marked' }])
})

test('findings are listed by class, by what became of the event and by its id, to their own tenant alone', async () => {
  await work([anAttack('a', 1), anAttack('b', 2, "1' or '1'='1"), anAttack('c', 3, '{{7*7}}', 'events.inbound.globex.v1')])
  const idsOf = async (tenant: string, filter: object) => (await list(tenant, filter)).map(({ eventId }) => eventId).sort()
  expect(await idsOf('acme', {})).toEqual(['a', 'b'])
  expect(await idsOf('acme', { class: 'sqli' })).toEqual(['b'])
  expect(await idsOf('acme', { eventId: 'a' })).toEqual(['a'])
  expect(await idsOf('acme', { action: 'blocked' })).toEqual([])
  expect(await idsOf('acme', { eventId: 'c' })).toEqual([])
  expect(await idsOf('globex', {})).toEqual(['c'])
})

test('pages hold everything once, though all was received at the same time', async () => {
  await work(Array.from({ length: 7 }, (_, n) => anAttack(`e-${n}`, n + 1)))
  const seen: string[] = []
  for (let after: { at: string; id: string } | undefined, more = true; more; ) {
    const rows = await listAttackFindings(database.service, 'acme', {}, { limit: 3, after })
    const page = rows.slice(0, 3)
    seen.push(...page.map(({ eventId }) => eventId))
    const last = page.at(-1)
    more = rows.length > 3 && last !== undefined
    after = last && { at: last.at, id: last.eventKey }
  }
  expect(seen.sort()).toEqual(Array.from({ length: 7 }, (_, n) => `e-${n}`))
})
