import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Received } from '@ott/pipeline/define-stage'
import { admit } from '../src/admit.ts'
import { claimEventKeys, claimId, ensureRawEventDays, forgetOldEventKeys, saveIngestRows } from '../src/ingest-store.ts'
import type { InboundEvent } from '../src/read-inbound.ts'
import { eventKeyDays } from '../src/schema.ts'
import { ingestStage } from '../src/stage.ts'
import { received, receivedAtMs } from './inbound-fixture.ts'
import { anIngestDatabase, type IngestDatabase } from './ingest-database.ts'

let database: IngestDatabase
beforeAll(async () => {
  database = await anIngestDatabase()
})
afterAll(async () => database?.[Symbol.asyncDispose]())
beforeEach(() => database.admin.query('truncate ingest.event_keys, ingest.raw_events, ingest.discarded_events'))

const at = (id: string, partition: number, offset: number, topic = 'events.inbound.acme.v1') => received({ id }, { partition, offset: BigInt(offset), topic })

/** Who holds each event of a batch, as `partition/offset`. */
async function claim(batch: readonly Received<InboundEvent>[]): Promise<string[]> {
  const tenants = [...new Set(batch.map(({ tenantId }) => tenantId))]
  const claims = await database.service.transaction(tenants, (sql) => claimEventKeys(batch, sql))
  return batch.map(({ tenantId, event }) => {
    const held = claims.get(claimId(tenantId, event.eventKey))
    return `${held?.partition}/${held?.offset}`
  })
}

describe('claiming event keys', () => {
  test('a new key belongs to the record that brings it, and still does when the same record comes again', async () => {
    expect(await claim([at('a', 1, 5)])).toEqual(['1/5'])
    expect(await claim([at('a', 1, 5)])).toEqual(['1/5'])
  })

  test('another record of the same event, in whatever partition, learns who was first', async () => {
    await claim([at('a', 1, 5)])
    expect(await claim([at('a', 1, 6), at('b', 1, 7)])).toEqual(['1/5', '1/7'])
    expect(await claim([at('a', 0, 1)])).toEqual(['1/5'])
  })

  test('of duplicates within one batch the first holds the key', async () => {
    expect(await claim([at('a', 2, 8), at('b', 2, 9), at('a', 2, 10), at('a', 2, 11)])).toEqual(['2/8', '2/9', '2/8', '2/8'])
  })

  test('tenants do not share keys, even in one batch', async () => {
    expect(await claim([at('a', 0, 1), at('a', 3, 4, 'events.inbound.globex.v1')])).toEqual(['0/1', '3/4'])
  })

  test('of batches that claim overlapping keys at the same time, in opposite order, exactly one wins each and none waits for ever', async () => {
    const ids = Array.from({ length: 200 }, (_, n) => `e-${n}`)
    const batches = [0, 1, 2, 3].map((lane) => (lane % 2 === 0 ? ids : [...ids].reverse()).map((id, n) => at(id, lane, n)))
    const answers = await Promise.all(batches.map(claim))
    const holders = answers.map((answer, lane) => new Map(batches[lane]?.map(({ event }, n) => [event.event.id, answer[n]])))
    for (const id of ids) expect(new Set(holders.map((held) => held.get(id))).size).toBe(1)
    expect(await database.admin.query('select count(*)::int n from ingest.event_keys')).toEqual([{ n: 200 }])
  })

  test('keys are locked in one order, whatever the order of the batch: two batches can not wait for each other', async () => {
    const batch = Array.from({ length: 20 }, (_, n) => at(`e-${n}`, 0, n))
    const asked = async (events: typeof batch) => {
      const keys: unknown[] = []
      const query = async (_text: string, values: readonly unknown[] = []) => {
        keys.push(...(values[1] as unknown[]))
        return []
      }
      await claimEventKeys(events, { query, send: () => undefined })
      return keys
    }
    expect(await asked([...batch].reverse())).toEqual(await asked(batch))
  })

  test('a batch whose transaction fails leaves no claim behind', async () => {
    const failing = database.service.transaction(['acme'], async (sql) => {
      await claimEventKeys([at('a', 0, 1)], sql)
      throw new Error('crash')
    })
    await expect(failing).rejects.toThrow('crash')
    expect(await claim([at('a', 0, 2)])).toEqual(['0/2'])
  })

  test('a key is forgotten after the time within which duplicates are looked for, not before', async () => {
    await claim([at('a', 0, 1)])
    const dayMs = 24 * 3_600_000
    await forgetOldEventKeys(database.service, ['acme'], receivedAtMs + eventKeyDays * dayMs)
    expect(await claim([at('a', 0, 2)])).toEqual(['0/1'])
    await forgetOldEventKeys(database.service, ['globex'], receivedAtMs + 2 * eventKeyDays * dayMs)
    expect(await claim([at('a', 0, 2)])).toEqual(['0/1'])
    await forgetOldEventKeys(database.service, ['acme'], receivedAtMs + eventKeyDays * dayMs + 1)
    expect(await claim([at('a', 0, 2)])).toEqual(['0/2'])
  })
})

test('a key whose decision is still kept is never forgotten: its event would be taken for new', async () => {
  await claim([at('a', 0, 1), at('b', 0, 2)])
  await database.admin.query(`insert into violation.processed_events select 'acme', event_key from ingest.event_keys where record_offset = 1`)
  await forgetOldEventKeys(database.service, ['acme'], receivedAtMs + 100 * 24 * 3_600_000)
  expect(await claim([at('a', 0, 3), at('b', 0, 4)])).toEqual(['0/1', '0/4'])
})

describe('a batch through the stage', () => {
  const stage = ingestStage({ get: () => undefined }, () => undefined)
  const work = (batch: readonly Received<InboundEvent>[]) =>
    database.service.transaction(['acme'], async (sql) => {
      const facts = await stage.load(batch, sql, undefined)
      const decided = batch.map((one) => ({ one, decision: admit(one, stage.recall(facts, one) as never) }))
      await saveIngestRows(decided.flatMap(({ one, decision }) => decision.rows.map((row) => ({ received: one, row }))), sql)
      return decided.map(({ decision }) => decision.outcome.kind)
    })
  const counts = async () => (await database.admin.query('select (select count(*)::int from ingest.raw_events) raw, (select count(*)::int from ingest.discarded_events) discarded'))[0]

  test('worked through twice decides the same and writes every row once', async () => {
    const batch = [at('a', 0, 1), at('b', 0, 2), at('a', 0, 3)]
    expect(await work(batch)).toEqual(['emitted', 'emitted', 'duplicate'])
    expect(await work(batch)).toEqual(['emitted', 'emitted', 'duplicate'])
    expect(await counts()).toEqual({ raw: 2, discarded: 1 })
  })

  test('keeps the event as it came', async () => {
    await work([received({ id: 'kept', note: 'Zoë' })])
    const [row] = await database.admin.query<{ event: string }>(`select convert_from(event, 'UTF8') as event from ingest.raw_events`)
    expect(JSON.parse(row?.event ?? '')).toMatchObject({ id: 'kept', note: 'Zoë', data: { contentId: 'c-1' } })
  })
})

describe('days of raw events', () => {
  test('today and the next three have a partition each, made once, and events go into that of their receipt', async () => {
    const noonMs = Date.parse('2031-02-27T12:00:00Z')
    await ensureRawEventDays(database.service, noonMs)
    await ensureRawEventDays(database.service, noonMs)
    const parts = await database.admin.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'ingest.raw_events'::regclass and inhrelid::regclass::text like '%2031%' order by 1`,
    )
    expect(parts.map(({ name }) => name.slice(-8))).toEqual(['20310227', '20310228', '20310301', '20310302'])
    const insert = `insert into ingest.raw_events values ($1, 'acme', 0, $2, gen_random_uuid(), '')`
    for (const [n, time] of ['2031-02-27T23:59:59.999Z', '2031-02-28T00:00:00Z', '2031-06-01T00:00:00Z'].entries()) await database.admin.query(insert, [time, n])
    const where = await database.admin.query<{ name: string }>('select right(tableoid::regclass::text, 8) as name from ingest.raw_events order by record_offset')
    expect(where.map(({ name }) => name)).toEqual(['20310227', '20310228', '_default'])
  })

  test('two processes that start at once both succeed', async () => {
    const atMs = Date.parse('2032-01-01T00:00:00Z')
    await Promise.all([1, 2, 3, 4].map(() => ensureRawEventDays(database.service, atMs)))
  })

  test('a day whose events came before its partition was made does not stop a start', async () => {
    await database.admin.query(`insert into ingest.raw_events values ('2033-05-05T10:00:00Z', 'acme', 0, 0, gen_random_uuid(), '')`)
    await ensureRawEventDays(database.service, Date.parse('2033-05-05T12:00:00Z'))
  })
})
