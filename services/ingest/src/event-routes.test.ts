import { gzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { serveForTest } from '@ott/http/serve-for-test'
import { TransientError } from '@ott/pipeline/errors'
import type { OutboundRecord } from '@ott/pipeline/record'
import { anEvent, receivedAtMs } from '../test/inbound-fixture.ts'
import { addEventRoutes } from './event-routes.ts'

/** The route with what it published and counted. `fault` stands for a broker that is away. */
async function serve(fault?: Error, screening?: 'mark' | 'block') {
  const published: OutboundRecord[] = []
  const refused: [string, string, number][] = []
  const screened: unknown[][] = []
  const acme = { tenantId: 'acme', screening } as TenantConfiguration
  const directory = { findByKey: (key: string) => (key === 'k' ? acme : undefined), isCaughtUp: () => true } as unknown as TenantDirectory
  const publish = async (records: readonly OutboundRecord[]) => {
    if (fault !== undefined) throw fault
    published.push(...records)
  }
  const refusals = { add: (...counted: [string, string, number]) => void refused.push(counted), flush: async () => undefined }
  const app = await serveForTest({ routes: (express) => addEventRoutes(express, { directory, publisher: { publish }, refusals, screened: (...counted) => void screened.push(counted), nowMs: () => receivedAtMs }) })
  const post = async (body: unknown, headers: Record<string, string> = {}) => {
    const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    const response = await fetch(`${app.url}/v1/events`, { method: 'POST', headers: { 'x-api-key': 'k', ...headers }, body: bytes })
    return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> }
  }
  return { post, published, refused, screened, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

test('202 is said only of what was published', async () => {
  await using app = await serve()
  expect(await app.post([anEvent({ id: 'a' }), anEvent({ id: 'b' })])).toMatchObject({ status: 202, body: { results: [{ id: 'a', status: 'accepted' }, { id: 'b', status: 'accepted' }] } })
  expect([app.published.length, app.refused]).toEqual([2, []])
})

test('while the broker is away it is 503 with Retry-After: nothing is acknowledged, nothing counted as refused', async () => {
  await using app = await serve(new TransientError('away'))
  const { status, headers, body } = await app.post([anEvent(), anEvent({ time: 'noon' })])
  expect([status, headers.get('retry-after'), body['code'], app.refused]).toEqual([503, '1', 'unavailable', []])
  expect(body).not.toHaveProperty('results')
})

test('a batch in part wrong is 207 with a result per event, and counts what it refused', async () => {
  await using app = await serve()
  const { status, body } = await app.post([anEvent({ id: 'a' }), anEvent({ id: 'b', tenantid: 'globex' }), 7])
  expect([status, (body['results'] as { status: string }[]).map((result) => result.status)]).toEqual([207, ['accepted', 'refused', 'refused']])
  expect([app.published.length, app.refused]).toEqual([1, [['acme', 'invalid', 2]]])
})

test.each<[string, unknown, number, number]>([
  ['an event of another tenant', anEvent({ tenantid: 'globex' }), 403, 1],
  ['an event without id', anEvent({ id: undefined }), 400, 1],
  ['two wrong events', [anEvent({ id: undefined }), {}], 400, 2],
  ['no event', [], 400, 1],
  ['no JSON', '{', 400, 1],
  ['an empty body', '', 400, 1],
  ['1,001 events', Array.from({ length: 1_001 }, () => ({ id: 'e' })), 413, 1_001],
])('%s publishes nothing, is a problem and is counted', async (_what, body, status, count) => {
  await using app = await serve()
  const answer = await app.post(body)
  expect([answer.status, answer.headers.get('content-type'), app.published]).toEqual([status, expect.stringContaining('application/problem+json'), []])
  expect(app.refused).toEqual([['acme', 'invalid', count]])
})

test('1,000 events are not too many', async () => {
  await using app = await serve()
  expect((await app.post(Array.from({ length: 1_000 }, (_, n) => anEvent({ id: `e-${n}` })))).status).toBe(202)
})

test.each([
  ['gzip', (bytes: Buffer) => gzipSync(bytes), 202],
  ['lzma', (bytes: Buffer) => bytes, 415],
])('a body packed by %s is answered with its due', async (encoding, pack, status) => {
  await using app = await serve()
  expect((await app.post(pack(Buffer.from(JSON.stringify(anEvent()))), { 'content-encoding': encoding })).status).toBe(status)
})

test('without a key nothing is read, published or counted against a tenant', async () => {
  await using app = await serve()
  expect((await app.post(anEvent(), { 'x-api-key': 'wrong' })).status).toBe(401)
  expect([app.published, app.refused]).toEqual([[], []])
})

const anAttack = (id: string) => anEvent({ id, data: { contentId: 'c-1', title: "1' union select password from users --" } })

test('an attack is 422 and names field and class where the tenant blocks it; it is counted, and nothing is published', async () => {
  await using app = await serve(undefined, 'block')
  const { status, body } = await app.post([anAttack('a'), anAttack('b')])
  expect([status, body['code'], body['errors']]).toEqual([422, 'attack-detected', [{ field: 'data.title', problem: 'looks like an attack (sqli)' }]])
  expect(JSON.stringify(body)).not.toContain('union')
  expect([app.published, app.refused, app.screened]).toEqual([[], [['acme', 'invalid', 2]], [['acme', ['sqli'], 'refused'], ['acme', ['sqli'], 'refused']]])
})

test('beside good events an attack is 207; beside wrong ones alone the request is not valid', async () => {
  await using app = await serve(undefined, 'block')
  expect(await app.post([anEvent({ id: 'a' }), anAttack('b')])).toMatchObject({ status: 207, body: { results: [{ status: 'accepted' }, { status: 'refused' }] } })
  expect(await app.post([anEvent({ time: 'noon' }), anAttack('b')])).toMatchObject({ status: 400, body: { code: 'invalid-event' } })
  expect(app.published).toHaveLength(1)
})

test.each([undefined, 'mark'] as const)('with screening %s an attack is accepted', async (screening) => {
  await using app = await serve(undefined, screening)
  expect((await app.post(anAttack('a'))).status).toBe(202)
  expect([app.published.length, app.screened]).toEqual([1, []])
})
