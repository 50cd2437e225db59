import { beforeAll, describe, expect, test } from '@jest/globals'
import { anEvent, eventually, type Installation } from './installation.ts'

/** Events that are wrong in one field: [what, the field, the event]. Fields given as undefined are left out. */
const wrongEvents: readonly (readonly [what: string, field: string, parts: Record<string, unknown>])[] = [
  ['no id', 'id', { id: undefined }],
  ['no source', 'source', { source: undefined }],
  ['no subject', 'subject', { subject: undefined }],
  ['no time', 'time', { time: undefined }],
  ['no data', 'data', { data: undefined }],
  ['a wrong type of attribute', 'subject', { subject: 7 }],
  ['a wrong type of data field', 'data.contentId', { data: { contentId: 7 } }],
  ['a bad time', 'time', { time: '2026-02-30T10:00:00Z' }],
  ['a time without an offset', 'time', { time: '2026-02-20T10:00:00' }],
  ['a bad IPv4 address', 'data.ip', { data: { contentId: 'c', ip: '256.1.1.1' } }],
  ['a bad IPv6 address', 'data.ip', { data: { contentId: 'c', ip: '2001:db8::g' } }],
  ['an unknown specversion', 'specversion', { specversion: '2.0' }],
  ['an unknown type', 'type', { type: 'com.ott.nonsense.v1' }],
  ['a NUL character', 'data.title', { data: { contentId: 'c', title: 'a\u0000b' } }],
  ['deep nesting', 'data', { data: JSON.parse('{"a":'.repeat(100) + '1' + '}'.repeat(100)) }],
]

/** Bodies that are no event at all, or none that may be let in: [what, the field, the text]. */
const wrongBodies: readonly (readonly [what: string, field: string, text: string])[] = [
  ['malformed JSON', '(body)', '{"specversion":"1.0",'],
  ['nothing', '(body)', ''],
  ['a number', '(body)', '42'],
  ['a prototype key', '__proto__', JSON.stringify(anEvent('proto')).replace('"data":{', '"data":{"__proto__":{"isAdmin":true},')],
  ['a lone surrogate', 'data.contentId', JSON.stringify(anEvent('surrogate')).replace('c-1', '\\ud83d')],
  ['nesting without end', '0.0.0', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
]

const rawEventLike = `select from ingest.raw_events where convert_from(event, 'UTF8') like $1`

/** The table of bad input: what each gets, and that nothing is kept of it and nothing stops because of it. */
export function describeBadInput(installation: () => Installation): void {
  const invalidCount = async () => {
    const { body } = await installation().acme.get('/v1/ledger')
    return (body['refused'] as { invalid: number }).invalid
  }

  describe('bad input', () => {
    let pids: unknown[]
    beforeAll(() => {
      pids = installation().pidsOf()
      expect(pids).not.toContain(undefined)
    })

    test.each([['no key', ''], ['a wrong key', 'ott_wrong']])('%s is a 401, counted, and nothing is stored', async (what, key) => {
      const { acme, metricsOf, query } = installation()
      const id = `unauthenticated-${what}`
      const { status, headers, body } = await acme.ask('POST', '/v1/events', anEvent(id), { 'x-api-key': key })
      expect([status, body['code'], headers.get('content-type')]).toEqual([401, 'unauthenticated', expect.stringContaining('application/problem+json')])
      expect(await metricsOf('ingest')).toMatch(/ott_tenant_api_calls_total\{[^}]*status="401"[^}]*\} [1-9]/)
      expect(await query(rawEventLike, [`%${id}%`])).toEqual([])
    })

    test("another tenant's id in the body is a 403, counted, and nothing is stored", async () => {
      const { acme, globex, query } = installation()
      const before = await invalidCount()
      const { status, body } = await acme.post(anEvent('foreign', { tenantid: 'globex' }))
      expect([status, body['code'], (body['errors'] as { field: string }[])[0]?.field]).toEqual([403, 'forbidden', 'tenantid'])
      expect(await invalidCount()).toBe(before + 1)
      expect(await query(rawEventLike, ['%foreign%'])).toEqual([])
      expect((await globex.get('/v1/events/foreign')).status).toBe(404)
    })

    test.each(wrongEvents)('%s over HTTP is a 400 naming %s', async (_what, field, parts) => {
      const { status, body } = await installation().acme.post(anEvent('wrong', parts))
      expect([status, body['code']]).toEqual([400, 'invalid-event'])
      expect((body['errors'] as { field: string }[]).map((error) => error.field)).toEqual(expect.arrayContaining([expect.stringMatching(new RegExp(`^${field}`))]))
      expect(body['detail']).toContain(field)
    })

    test.each(wrongBodies)('%s over HTTP is a 400 naming %s', async (_what, field, text) => {
      const { status, body } = await installation().acme.post(text)
      expect([status, body['code']]).toEqual([400, 'invalid-event'])
      expect((body['errors'] as { field: string }[])[0]?.field).toContain(field === '(body)' ? '' : field)
    })

    test('over Kafka each of them becomes a dead letter that names the field, with its bytes, and stops nobody', async () => {
      const { acme } = installation()
      const texts = new Map<string, string>()
      for (const [what, field, parts] of wrongEvents) texts.set(JSON.stringify(anEvent('wrong', { ...parts, what })), field)
      for (const [, field, text] of wrongBodies) texts.set(text, field)
      for (const text of texts.keys()) await acme.publish(text, {}, 'bad')
      await acme.publish(JSON.stringify(anEvent('after-the-bad')), {}, 'bad')
      expect(await acme.decisionOf('after-the-bad')).toMatchObject({ outcome: 'processed' })
      for (const [text, field] of texts) {
        const letter = await eventually(`the dead letter about ${field}`, async () => {
          const { body } = await acme.get('/v1/dead-letters?stage=ingest&limit=500')
          return (body['items'] as Record<string, unknown>[]).find(({ value }) => (value ?? '') === text)
        })
        expect(letter).toMatchObject({ stage: 'ingest', status: 'dead', attempts: 1, origin: { topic: expect.stringContaining('events.inbound.acme.v1') } })
        expect(letter['detail']).toContain(field)
      }
    })

    test('a body over 1 MiB is a 413', async () => {
      const { status, body } = await installation().acme.post(`[${' '.repeat(1_048_576)}]`)
      expect([status, body['code']]).toEqual([413, 'too-large'])
    })

    test('a small body that unpacks to more than 1 MiB is a 413', async () => {
      const { gzipSync } = await import('node:zlib')
      const { status } = await installation().acme.post(gzipSync(Buffer.alloc(50_000_000, 32)), { 'content-encoding': 'gzip' })
      expect(status).toBe(413)
    })

    test('a batch over 1,000 is a 413, and none of it is kept', async () => {
      const { acme, query } = installation()
      const batch = Array.from({ length: 1_001 }, (_, n) => ({ ...anEvent(`many-${n}`), source: '/m', data: { contentId: 'c' } }))
      expect(await acme.post(batch)).toMatchObject({ status: 413, body: { code: 'too-large' } })
      expect(await query(rawEventLike, ['%many-%'])).toEqual([])
    })

    test('one bad event in a batch of 500 gives 207, and the other 499 are processed', async () => {
      const { acme, query } = installation()
      const batch = Array.from({ length: 500 }, (_, n) => anEvent(`batch-${n}`, n === 250 ? { time: 'noon' } : {}))
      const { status, body } = await acme.post(batch)
      const results = body['results'] as { index: number; status: string; errors?: { field: string }[] }[]
      expect([status, results.length, results.filter((result) => result.status === 'accepted').length]).toEqual([207, 500, 499])
      expect(results[250]).toMatchObject({ index: 250, id: 'batch-250', status: 'refused', errors: [{ field: 'time' }] })
      await eventually('499 processed events', async () => {
        const [row] = await query<{ n: number }>(`select count(*)::int n from violation.processed_events where event_id like 'batch-%'`)
        return row?.n === 499
      })
    })

    test.each<[string, string, unknown]>([
      ['POST', '/v1/dead-letters:redrive', { stage: 'in\u0000gest' }],
      ['POST', '/v1/dead-letters:redrive', {}],
      ['PATCH', '/v1/tenant', { webhook: { url: 'http://127.0.0.1/\u0000' } }],
      ['PATCH', '/v1/tenant', { riskThreshold: 2 }],
      ['PATCH', '/v1/tenant', '{'],
      ['GET', '/v1/violations?limit=0', undefined],
      ['GET', '/v1/violations?cursor=nonsense', undefined],
    ])('%s %s with %j is a 400, not a fault', async (method, path, body) => {
      expect((await installation().acme.ask(method, path, body)).status).toBe(400)
    })

    test('after all of this every process is still the one that started', async () => {
      expect(installation().pidsOf()).toEqual(pids)
    })

    test('while the database is away lists are a 503 with Retry-After; what is accepted meanwhile is processed afterwards', async () => {
      const { acme, databaseLine } = installation()
      databaseLine.cut()
      try {
        const { status, headers, body } = await acme.get('/v1/violations')
        expect([status, headers.get('retry-after'), body['code']]).toEqual([503, '1', 'unavailable'])
        expect((await acme.post(anEvent('while-away'))).status).toBe(202)
      } finally {
        databaseLine.mend()
      }
      expect(await acme.decisionOf('while-away')).toMatchObject({ outcome: 'processed' })
    })
  })
}
