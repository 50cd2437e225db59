import { createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { createAddressGuard } from '../src/deliveries/address-guard.ts'
import { createSafeRequest } from '../src/deliveries/safe-request.ts'
import { deliverDue } from '../src/deliveries/start-deliveries.ts'
import { createAnnouncer, receiverDisabled } from '../src/webhooks/announce-events.ts'
import { createWebhookSender, type WebhookSenderOptions } from '../src/webhooks/send-webhook.ts'
import { openAlertingDatabase, type AlertingDatabase } from './alerting-database.ts'
import { aDelivery } from './delivery-fixture.ts'
import { aDrivenDeliverer, queue, settle, startMs, workUntil, type DrivenDeliverer } from './driven-deliverer.ts'
import { aWebhookApi, type WebhookApi } from './webhook-api.ts'
import { aReceiver, type Delivered, type ScriptedAnswer } from './webhook-receiver.ts'

let opened: AlertingDatabase
let api: WebhookApi
/** The library that receivers verify by refuses messages that aren't of these minutes: tests that verify send now. */
let nowMs = startMs
beforeAll(async () => {
  opened = await openAlertingDatabase()
  api = await aWebhookApi(opened.database, () => nowMs)
})
afterAll(async () => {
  await api?.[Symbol.asyncDispose]()
  await opened?.close()
})
beforeEach(async () => {
  nowMs = startMs
  await opened.admin.query('truncate alerting.deliveries, alerting.destinations, alerting.delivery_attempts, alerting.webhooks')
})

async function subscribe(url: string, parts: object = {}): Promise<{ id: string; secret: string; publicKey: string }> {
  const { body } = await api.as()('POST', '/v1/webhooks', { url, eventTypes: ['*'], ...parts })
  return { id: String(body['id']), secret: String(body['secret']), publicKey: String(body['publicKey']) }
}
const to = (webhookId: string, messageId: string, lane = messageId) => aDelivery({ messageId, lane, destination: { kind: 'webhook', webhookId } })
function aDeliverer(parts: Partial<WebhookSenderOptions> = {}): DrivenDeliverer {
  const announce = createAnnouncer({ get: () => undefined })
  const driven = aDrivenDeliverer(
    opened.database,
    createWebhookSender({ request: createSafeRequest({ guard: createAddressGuard('127.0.0.1') }), database: opened.database, directory: { get: () => undefined }, timeoutMs: 2_000, ...parts }),
    { hooks: { onFinished: async () => undefined, onDisabled: (sql, disabled, atMs) => announce(sql, disabled.tenantId, [receiverDisabled(disabled, atMs)], atMs) } },
  )
  driven.setClock(nowMs - startMs)
  return driven
}
const headersOf = ({ headers }: Delivered) => headers as Record<string, string>
const detail = async (messageId: string) => {
  const [row] = await opened.admin.query<{ id: string }>('select id from alerting.deliveries where message_id = $1', [messageId])
  return (await api.as()('GET', `/v1/deliveries/${row?.id}`)).body
}

describe('a message', () => {
  test('arrives so that the public library verifies it with the secret that was shown', async () => {
    await using receiver = await aReceiver()
    nowMs = Date.now()
    const { id, secret } = await subscribe(receiver.url)
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    const delivery = { ...to(id, 'm'), content: { kind: 'event', event: { type: 'violation.opened', timestamp: '2026-03-01T12:00:00Z', data: { name: 'Zoë' } } }, traceparent } as const
    await queue(opened.database, [delivery], nowMs - startMs)
    await deliverDue(aDeliverer().deliverer)
    const [got] = receiver.delivered
    if (got === undefined) throw new Error('must have arrived')
    expect(headersOf(got)).toMatchObject({ 'webhook-id': 'm', 'content-type': 'application/json', traceparent })
    expect(new Webhook(secret).verify(got.body, headersOf(got))).toEqual(delivery.content.event)
    expect(() => new Webhook(secret).verify(`${got.body} `, headersOf(got))).toThrow('signature')
  })

  test('verifies with the old secret and with the new one while they overlap, and then with the new one alone', async () => {
    await using receiver = await aReceiver()
    nowMs = Date.now() - 60_000
    const { id, secret: old } = await subscribe(receiver.url)
    const rotated = await api.as()('POST', `/v1/webhooks/${id}:rotate-secret`, { overlapSeconds: 60 })
    const fresh = String(rotated.body['secret'])
    expect([rotated.status, (rotated.body['secrets'] as unknown[]).length, fresh === old]).toEqual([200, 2, false])
    for (const atMs of [nowMs, nowMs + 59_999, nowMs + 60_000]) {
      nowMs = atMs
      await queue(opened.database, [to(id, `at-${atMs}`)], atMs - startMs)
      await deliverDue(aDeliverer().deliverer)
    }
    const verifies = (got: Delivered, secret: string) => {
      try {
        return new Webhook(secret).verify(got.body, headersOf(got)) !== undefined
      } catch {
        return false
      }
    }
    expect(receiver.delivered.map((got) => [verifies(got, old), verifies(got, fresh)])).toEqual([[true, true], [true, true], [false, true]])
  })

  test('to a webhook with a key pair verifies with its public key', async () => {
    await using receiver = await aReceiver()
    const { id, publicKey } = await subscribe(receiver.url, { signature: 'v1a' })
    await queue(opened.database, [to(id, 'm')])
    await aDeliverer().at(0)
    const [got] = receiver.delivered
    if (got === undefined) throw new Error('must have arrived')
    const headers = headersOf(got)
    const [, signature] = /^v1a,(.+)$/.exec(headers['webhook-signature'] ?? '') ?? []
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey.slice(5), 'base64').toString('base64url') } })
    const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${got.body}`
    expect(verify(null, Buffer.from(content), key, Buffer.from(signature ?? '', 'base64'))).toBe(true)
  })

  test('of the webhook in a tenant\'s own configuration is signed with the secret there', async () => {
    await using receiver = await aReceiver()
    nowMs = Date.now()
    const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
    await queue(opened.database, [to('tenant', 'm')], nowMs - startMs)
    await deliverDue(aDeliverer({ directory: { get: (tenantId) => (tenantId === 'acme' ? ({ webhook: { url: receiver.url, secret } } as never) : undefined) } }).deliverer)
    const [got] = receiver.delivered
    expect(got && new Webhook(secret).verify(got.body, headersOf(got))).toMatchObject({ type: 'violation.opened' })
  })

  test('to a webhook that is no more, or that the tenant took out of its configuration, is skipped', async () => {
    await queue(opened.database, [to('none', 'a'), to('tenant', 'b')])
    await aDeliverer().at(0)
    expect([await detail('a'), await detail('b')].map(({ status, lastError }) => [status, lastError])).toEqual(Array(2).fill(['skipped', 'there is no such webhook any more']))
  })
})

describe('a receiver that', () => {
  const cases: readonly [what: string, answer: ScriptedAnswer, error: string, secondsUntilNext: number | undefined][] = [
    ['answers 500', { status: 500, body: 'broken' }, 'the receiver answered 500', 5],
    ['answers 404', { status: 404 }, 'the receiver answered 404', 5],
    ['answers 429 and asks for ten minutes', { status: 429, headers: { 'retry-after': '600' } }, 'the receiver answered 429', 600],
    ['answers 503 and names a moment', { status: 503, headers: { 'retry-after': 'Sun, 01 Mar 2026 13:00:00 GMT' } }, 'the receiver answered 503', 3_600],
    ['answers 503 and asks for a month', { status: 503, headers: { 'retry-after': '2592000' } }, 'the receiver answered 503', 86_400],
    ['redirects to the metadata address', { status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data' } }, 'the receiver answered 302, a redirect to an inner network', 5],
    ['redirects elsewhere', { status: 308, headers: { location: 'https://example.com/' } }, 'the receiver answered 308', 5],
    ['never answers', {}, 'no answer within 2 s', 5],
    ['answers 410', { status: 410 }, 'the receiver answered 410', undefined],
  ]
  test.each(cases)('%s is tried again when the schedule says, and its neighbours have their messages by then', async (_what, answer, error, secondsUntilNext) => {
    await using receiver = await aReceiver(() => answer)
    await using neighbour = await aReceiver()
    const [bad, good] = [await subscribe(receiver.url), await subscribe(neighbour.url)]
    await queue(opened.database, [to(bad.id, 'bad'), ...Array.from({ length: 20 }, (_, n) => to(good.id, `good-${n}`))])
    await aDeliverer().at(0)
    expect(neighbour.delivered).toHaveLength(answer.status === 410 ? 21 : 20)
    const told = await detail('bad')
    expect(told).toMatchObject({ status: secondsUntilNext === undefined ? 'failed' : 'pending', lastError: error, attempts: 1 })
    expect(told['nextAttemptAt']).toBe(secondsUntilNext === undefined ? null : new Date(startMs + secondsUntilNext * 1_000).toISOString())
    expect(receiver.delivered).toHaveLength(1)
  })

  test('is down, or whose name is not known, is told apart in the log', async () => {
    const down = await (async () => {
      await using receiver = await aReceiver()
      return subscribe(receiver.url)
    })()
    const unknown = await subscribe('http://no-such-host.invalid/')
    await queue(opened.database, [to(down.id, 'down'), to(unknown.id, 'unknown')])
    await aDeliverer({ timeoutMs: 10_000 }).at(0)
    expect((await detail('down'))['lastError']).toBe('the receiver could not be reached: ECONNREFUSED')
    expect((await detail('unknown'))['lastError']).toMatch(/^the receiver's name could not be resolved/)
  })

  test('turned out to be on an inner network is never reached', async () => {
    await using receiver = await aReceiver()
    const { id } = await subscribe(receiver.url)
    await queue(opened.database, [to(id, 'm')])
    await aDeliverer({ request: createSafeRequest({ guard: createAddressGuard('10.0.0.0/8') }) }).at(0)
    expect([(await detail('m'))['lastError'], receiver.delivered]).toEqual(['the receiver is on an inner network', []])
  })

  test('hangs does not hold up its neighbour, though it has many more messages', async () => {
    await using hanging = await aReceiver(() => ({}))
    await using neighbour = await aReceiver()
    const [bad, good] = [await subscribe(hanging.url), await subscribe(neighbour.url)]
    await queue(opened.database, [...Array.from({ length: 100 }, (_, n) => to(bad.id, `bad-${n}`)), ...Array.from({ length: 20 }, (_, n) => to(good.id, `good-${n}`))])
    const driven = aDeliverer({ timeoutMs: 60_000 })
    await workUntil(driven.deliverer, () => driven.tried.length >= 20)
    expect(driven.tried.every(({ messageId, status }) => messageId.startsWith('good') && status === 'delivered')).toBe(true)
    driven.deliverer.abort()
    await settle(driven.deliverer)
    expect(driven.tried).toHaveLength(20)
  })

  test('fails and recovers gets the same message again, under the same id', async () => {
    await using receiver = await aReceiver((count) => ({ status: count < 3 ? 500 : 200 }))
    const { id } = await subscribe(receiver.url)
    await queue(opened.database, [to(id, 'm')])
    const driven = aDeliverer()
    for (const ms of [0, 5_000, 305_000]) await driven.at(ms)
    expect(receiver.delivered.map((got) => headersOf(got)['webhook-id'])).toEqual(['m', 'm', 'm'])
    expect(new Set(receiver.delivered.map(({ body }) => body)).size).toBe(1)
    expect((await detail('m'))['status']).toBe('delivered')
  })

  test('answers 410 is disabled, and the tenant\'s other webhooks are told so', async () => {
    await using gone = await aReceiver(() => ({ status: 410 }))
    await using other = await aReceiver()
    const { id } = await subscribe(gone.url)
    await subscribe(other.url, { eventTypes: ['receiver.disabled'] })
    await queue(opened.database, [to(id, 'm')])
    await aDeliverer().at(0)
    expect(other.delivered.map(({ body }) => JSON.parse(body) as object)).toEqual([
      { type: 'receiver.disabled', timestamp: '2026-03-01T12:00:00.000Z', data: { webhookId: id, reason: 'gone', error: 'the receiver answered 410' } },
    ])
    expect((await api.as()('GET', `/v1/webhooks/${id}`)).body).toMatchObject({ disabled: true, disabledReason: 'gone', disabledAt: '2026-03-01T12:00:00.000Z' })
  })
})

describe('the log of a delivery', () => {
  test('tells what was sent and answered, bounded and without secrets', async () => {
    await using receiver = await aReceiver(() => ({ status: 500, headers: { 'x-request-id': 'r-1', 'set-cookie': 'session=1' }, body: 'x'.repeat(100_000) }))
    const { id, secret } = await subscribe(`${receiver.url}?token=hidden`)
    await queue(opened.database, [to(id, 'm')])
    await aDeliverer().at(0)
    const told = await detail('m')
    expect(told['tries']).toEqual([
      {
        number: 1,
        startedAt: '2026-03-01T12:00:00.000Z',
        durationMs: expect.any(Number),
        outcome: 'refused',
        error: 'the receiver answered 500',
        request: { method: 'POST', url: receiver.url, bytes: expect.any(Number), bodySha256: expect.stringMatching(/^[0-9a-f]{64}$/), headers: expect.objectContaining({ 'webhook-id': 'm', 'webhook-timestamp': '1772366400' }) },
        response: { status: 500, headers: expect.objectContaining({ 'x-request-id': 'r-1' }), body: 'x'.repeat(1_024) },
      },
    ])
    const text = JSON.stringify(await opened.admin.query('select * from alerting.delivery_attempts'))
    for (const hidden of [secret, 'hidden', 'webhook-signature', 'session=1']) expect(text).not.toContain(hidden)
  })
})
