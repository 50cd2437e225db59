import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { deadLetterOf } from '@ott/pipeline/dead-letter'
import { sourceRecordHeader } from '@ott/pipeline/outbound-records'
import type { InboundRecord, OutboundRecord } from '@ott/pipeline/record'
import { deadLetterStage, readDeadLetter } from '../src/dead-letter-stage.ts'
import { listDeadLetters, redriveDeadLetters, type DeadLetterFilter } from '../src/dead-letter-store.ts'
import { createRefusalCounter } from '../src/refusal-counter.ts'
import { aRecord, receivedAtMs } from './inbound-fixture.ts'
import { anIngestDatabase, type IngestDatabase } from './ingest-database.ts'

let database: IngestDatabase
beforeAll(async () => {
  database = await anIngestDatabase()
})
afterAll(async () => database?.[Symbol.asyncDispose]())
beforeEach(() => database.admin.query('truncate ingest.dead_letters, ingest.refusals'))

/** Puts records through the stage that keeps dead letters, as if they came from a dead-letter topic. */
async function keep(...letters: InboundRecord[]): Promise<void> {
  const read = letters.map((letter) => readDeadLetter(letter)).flatMap((result) => (result.ok ? [result.received] : []))
  await database.service.transaction([...new Set(read.map(({ tenantId }) => tenantId))], async (sql) => {
    await deadLetterStage.save?.(read.flatMap((received) => deadLetterStage.decide(received, undefined, undefined).rows.map((row) => ({ received, row }))), sql)
  })
}

let offset = 100n
function letter(parts: { id?: string; tenant?: string; stage?: 'ingest' | 'compliance'; reason?: string; headers?: Record<string, string>; atMs?: number; record?: Partial<InboundRecord> } = {}): InboundRecord {
  const { id = 'e-1', tenant = 'acme', stage = 'ingest', reason = 'malformed', headers = {}, atMs = receivedAtMs } = parts
  const topic = `events.inbound.${tenant}.v1`
  const original = aRecord({ id }, { topic, key: `${tenant}:viewer-1`, offset: offset++, headers, ...parts.record })
  const dead = deadLetterOf(original, stage, { reason, detail: 'id: is missing' }, 1, atMs)
  return { ...original, topic: dead.topic, headers: dead.headers, offset: original.offset + 1_000n }
}

const list = (tenant: string, filter: DeadLetterFilter = {}, limit = 50) => listDeadLetters(database.service, tenant, filter, { limit, after: undefined })
const idsOf = async (...args: Parameters<typeof list>) => (await list(...args)).map(({ eventId }) => eventId)

/** What a redrive published. */
function aPublisher() {
  const published: OutboundRecord[] = []
  return { published, publish: async (records: readonly OutboundRecord[]) => void published.push(...records) }
}
const redrive = (request: Parameters<typeof redriveDeadLetters>[2], publish: Parameters<typeof redriveDeadLetters>[4], tenant = 'acme') =>
  redriveDeadLetters(database.service, tenant, request, 1_000, publish)

describe('dead letters', () => {
  test('are listed oldest first, once each however often they are kept', async () => {
    const [first, second] = [letter({ id: 'a' }), letter({ id: 'b', atMs: receivedAtMs + 1 })]
    await keep(second, first)
    await keep(first, first)
    expect(await idsOf('acme')).toEqual(['a', 'b'])
  })

  test('are found by stage, reason, status and event id', async () => {
    await keep(letter({ id: 'a' }), letter({ id: 'b', stage: 'compliance', reason: 'breaks_contract', atMs: receivedAtMs + 1 }))
    expect(await idsOf('acme', { stage: 'compliance' })).toEqual(['b'])
    expect(await idsOf('acme', { reason: 'malformed' })).toEqual(['a'])
    expect(await idsOf('acme', { eventId: 'b', status: 'dead' })).toEqual(['b'])
    expect(await idsOf('acme', { status: 'redriven' })).toEqual([])
  })

  test('are paged without gap or repeat, also where many died in one millisecond', async () => {
    await keep(...Array.from({ length: 5 }, (_, n) => letter({ id: `e-${n}` })))
    const [one, two] = await list('acme', {}, 2)
    if (two === undefined) throw new Error('there must be a second')
    const rest = await listDeadLetters(database.service, 'acme', {}, { limit: 10, after: { at: two.at, id: two.id } })
    expect(new Set([one, two, ...rest].map((item) => item?.eventId)).size).toBe(5)
  })

  test("another tenant's are never listed, nor redriven", async () => {
    await keep(letter({ tenant: 'acme' }), letter({ tenant: 'globex', id: 'g' }))
    expect(await idsOf('globex')).toEqual(['g'])
    const { published, publish } = aPublisher()
    const [acmes] = await list('acme')
    expect(await redrive({ ids: [acmes?.id ?? ''] }, publish, 'globex')).toBe(0)
    expect(await redrive({ stage: 'ingest' }, publish, 'globex')).toBe(1)
    expect(published.map(({ topic }) => topic)).toEqual(['events.inbound.globex.v1'])
  })

  test.each<[string, Partial<InboundRecord>]>([
    ['a NUL in a header', { headers: { note: 'a\u0000b' } }],
    ['the text \\u0000 in a header', { headers: { note: 'a\\u0000' } }],
    ['a NUL in its key', { key: 'acme:a\u0000b' }],
    ['no value', { value: null }],
    ['bytes that are no text', { value: Buffer.from([0, 0xff, 0xfe]) }],
    ['a NUL in its id', { value: Buffer.from('{"id":"a\\u0000b"}') }],
  ])('can be kept with %s', async (_what, record) => {
    await keep(letter({ record }))
    expect(await list('acme')).toHaveLength(1)
  })
})

describe('a redrive', () => {
  test('puts a letter back where it came from, with its bytes, key and own headers', async () => {
    await keep(letter({ id: 'a', headers: { traceparent: 't', [sourceRecordHeader]: 'events.accepted.v1/0/1/0' } }))
    const { published, publish } = aPublisher()
    expect(await redrive({ reason: 'malformed' }, publish)).toBe(1)
    expect(published).toEqual([{ topic: 'events.inbound.acme.v1', key: 'acme:viewer-1', value: expect.any(Buffer), headers: { traceparent: 't' } }])
    expect(JSON.parse(String(published[0]?.value))).toMatchObject({ id: 'a' })
    expect((await list('acme')).map(({ status }) => status)).toEqual(['redriven'])
  })

  test('puts letters back in the order in which they died, and each once', async () => {
    await keep(letter({ id: 'b', atMs: receivedAtMs + 5 }), letter({ id: 'a' }), letter({ id: 'c', atMs: receivedAtMs + 9 }))
    const { published, publish } = aPublisher()
    expect(await redrive({ stage: 'ingest' }, publish)).toBe(3)
    expect(published.map(({ value }) => (JSON.parse(String(value)) as { id: string }).id)).toEqual(['a', 'b', 'c'])
    expect(await redrive({ stage: 'ingest' }, publish)).toBe(0)
  })

  test('that crashes between marking and publishing is healed by the next', async () => {
    await keep(letter({ id: 'a' }))
    await expect(redrive({ stage: 'ingest' }, () => Promise.reject(new Error('crash')))).rejects.toThrow('crash')
    expect((await list('acme')).map(({ status }) => status)).toEqual(['redriving'])
    const { published, publish } = aPublisher()
    expect(await redrive({ stage: 'ingest' }, publish)).toBe(1)
    expect(published).toHaveLength(1)
    expect((await list('acme')).map(({ status }) => status)).toEqual(['redriven'])
  })
})

describe('refusals', () => {
  const atMs = Date.parse('2026-03-01T12:00:00Z')
  const counted = () => database.admin.query('select tenant_id as tenant, reason, count::int from ingest.refusals order by 1, 2')

  test('add up by tenant and reason over flushes', async () => {
    const counter = createRefusalCounter(database.service, () => atMs)
    counter.add('acme', 'invalid', 2)
    counter.add('globex', 'invalid', 1)
    await counter.flush()
    counter.add('acme', 'invalid', 3)
    counter.add('acme', 'rateLimited', 1)
    await counter.flush()
    await counter.flush()
    expect(await counted()).toEqual([
      { tenant: 'acme', reason: 'invalid', count: 5 },
      { tenant: 'acme', reason: 'rateLimited', count: 1 },
      { tenant: 'globex', reason: 'invalid', count: 1 },
    ])
  })

  test('that could not be written are kept for the next flush', async () => {
    let isDown = true
    const shaky = { ...database.service, transaction: ((tenants, work) => (isDown ? Promise.reject(new Error('down')) : database.service.transaction(tenants, work))) as typeof database.service.transaction }
    const counter = createRefusalCounter(shaky, () => atMs)
    counter.add('acme', 'invalid', 2)
    await expect(counter.flush()).rejects.toThrow('down')
    counter.add('acme', 'invalid', 1)
    isDown = false
    await counter.flush()
    expect(await counted()).toEqual([{ tenant: 'acme', reason: 'invalid', count: 3 }])
  })
})
