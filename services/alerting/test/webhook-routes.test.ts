import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { apiShapes } from '@ott/contracts/api-shapes'
import { createAnnouncer } from '../src/webhooks/announce-events.ts'
import { webhooksMax } from '../src/webhooks/webhook-routes.ts'
import { openAlertingDatabase, type AlertingDatabase } from './alerting-database.ts'
import { aDelivery } from './delivery-fixture.ts'
import { aDrivenDeliverer, queue, startMs } from './driven-deliverer.ts'
import { aWebhookApi, type WebhookApi } from './webhook-api.ts'

let opened: AlertingDatabase
let api: WebhookApi
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

const acme: ReturnType<WebhookApi['as']> = (...call) => api.as()(...call)
const globex: ReturnType<WebhookApi['as']> = (...call) => api.as('globex')(...call)
const wanted = { url: 'https://example.com/hook', eventTypes: ['violation.opened'] }
async function create(parts: object = {}): Promise<string> {
  const { status, body } = await acme('POST', '/v1/webhooks', { ...wanted, ...parts })
  expect([status, body['detail']]).toEqual([201, undefined])
  return String(body['id'])
}
const announce = (type: string, messageId: string, own?: object) =>
  opened.database.transaction(['acme'], (sql) =>
    createAnnouncer({ get: () => own as never })(sql, 'acme', [{ messageId, lane: messageId, event: { type, timestamp: '2026-03-01T12:00:00Z', data: {} }, traceparent: undefined }], nowMs),
  )
const deliveries = () => opened.admin.query<{ id: string; destination: string; status: string; message_id: string }>('select * from alerting.deliveries order by sequence')

describe('a webhook', () => {
  test('is made with a secret that is shown once, and never again', async () => {
    const made = await acme('POST', '/v1/webhooks', { ...wanted, description: 'the partner' })
    expect(made).toMatchObject({ status: 201, etag: '"1"', body: { ...wanted, description: 'the partner', signature: 'v1', secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{32,}=*$/), disabled: false } })
    const secret = String(made.body['secret'])
    const id = String(made.body['id'])
    const later = [await acme('GET', `/v1/webhooks/${id}`), await acme('GET', '/v1/webhooks'), await acme('PATCH', `/v1/webhooks/${id}`, { description: 'b' })]
    expect(later.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(JSON.stringify(later)).not.toContain('whsec_')
    expect(api.logged.join('')).not.toContain(secret)
  })

  test('may be signed for with a key pair, of which the public half alone is ever shown', async () => {
    const made = await acme('POST', '/v1/webhooks', { ...wanted, signature: 'v1a' })
    expect(made.body).toMatchObject({ publicKey: expect.stringMatching(/^whpk_/), publicKeys: [made.body['publicKey']] })
    expect(JSON.stringify([made, await acme('GET', '/v1/webhooks')])).not.toMatch(/whsk_|"secret":/)
  })

  test.each([
    ["a scheme that is not HTTP's", { url: 'ftp://example.com' }, 'url', 'must be an http or https URL'],
    ['no scheme', { url: 'example.com' }, 'url', 'must be an http or https URL'],
    ['an address too long', { url: `https://example.com/${'a'.repeat(2_048)}` }, 'url', ''],
    ['credentials in its address', { url: 'https://user:pass@example.com/' }, 'url', 'credentials'],
    ['an inner address', { url: 'http://10.0.0.1/' }, 'url', 'inner network'],
    ['the metadata address', { url: 'http://169.254.169.254/latest' }, 'url', 'inner network'],
    ['an inner address spelled oddly', { url: 'http://0xA.1/' }, 'url', 'inner network'],
    ['an inner address inside IPv6', { url: 'http://[::ffff:10.0.0.1]/' }, 'url', 'inner network'],
    ['no event type', { eventTypes: [] }, 'eventTypes', ''],
    ['an unknown event type', { eventTypes: ['violation.opened', 'violation.exploded'] }, 'eventTypes.1', '"violation.exploded" is no event type'],
    ['an unknown signature', { signature: 'v2' }, 'signature', ''],
    ['a description too long', { description: 'a'.repeat(501) }, 'description', ''],
    ["a secret of one's own", { secret: 'whsec_mine' }, '(body)', 'secret'],
  ])('with %s is refused, naming the field, naming the field', async (_what, parts, field, problem) => {
    const { status, body } = await acme('POST', '/v1/webhooks', { ...wanted, ...parts })
    expect(status).toBe(400)
    expect(body['errors']).toEqual([expect.objectContaining({ field, problem: expect.stringContaining(problem) })])
  })

  test('on a network that the operator allows is taken', async () => {
    await create({ url: 'http://127.0.0.1:8080/hook' })
  })

  test('is changed by whoever saw its present state, and by nobody else', async () => {
    const id = await create()
    const change = (headers: Record<string, string>) => acme('PATCH', `/v1/webhooks/${id}`, { eventTypes: ['*', '*'] }, headers)
    expect(await change({ 'if-match': '"7"' })).toMatchObject({ status: 412 })
    expect(await change({ 'if-match': 'x' })).toMatchObject({ status: 412 })
    expect(await change({ 'if-match': '"1"' })).toMatchObject({ status: 200, etag: '"2"', body: { eventTypes: ['*'], url: wanted.url } })
    expect(await acme('PATCH', `/v1/webhooks/${id}`, {})).toMatchObject({ status: 400 })
    expect(await acme('PATCH', `/v1/webhooks/${id}`, { url: 'http://10.0.0.1/' })).toMatchObject({ status: 400 })
  })

  test('with a new address has its failures behind it', async () => {
    const id = await create()
    await opened.admin.query(`insert into alerting.destinations (tenant_id, destination, failing_since, last_failure_at) values ('acme', 'webhook/' || $1::text, now(), now())`, [id])
    expect((await acme('PATCH', `/v1/webhooks/${id}`, { url: wanted.url })).body['failingSince']).toEqual(expect.any(String))
    expect((await acme('PATCH', `/v1/webhooks/${id}`, { url: 'https://example.com/new' })).body).toMatchObject({ url: 'https://example.com/new', failingSince: null })
  })

  test('of two changes at the same moment one is told of the other', async () => {
    const id = await create()
    const answers = await Promise.all(['a', 'b', 'c'].map((description) => acme('PATCH', `/v1/webhooks/${id}`, { description }, { 'if-match': '"1"' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412])
  })

  test(`is one of at most ${webhooksMax}, also when many are made at once`, async () => {
    await opened.admin.query(
      `insert into alerting.webhooks (tenant_id, id, url, event_types, description, signature, secrets, created_at, updated_at)
       select 'acme', 'wh_' || n, 'https://example.com', '{*}', '', 'v1', '[]', now(), now() from generate_series(1, $1::int) n`,
      [webhooksMax - 1],
    )
    const answers = await Promise.all([1, 2, 3].map(() => acme('POST', '/v1/webhooks', wanted)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    expect(await globex('POST', '/v1/webhooks', wanted)).toMatchObject({ status: 201 })
  })

  test('is listed newest first, in pages', async () => {
    const ids: string[] = []
    for (nowMs = startMs; ids.length < 3; nowMs += 1_000) ids.push(await create())
    const first = await acme('GET', '/v1/webhooks?limit=2')
    const second = await acme('GET', `/v1/webhooks?limit=2&cursor=${String(first.body['next'])}`)
    expect([...(first.body.items ?? []), ...(second.body.items ?? [])].map(({ id }) => id)).toEqual(ids.reverse())
    expect(second.body['next']).toBeNull()
  })

  test("is its tenant's alone", async () => {
    const id = await create()
    await announce('violation.opened', 'm')
    const [delivery] = await deliveries()
    const paths = [['GET', `/v1/webhooks/${id}`], ['PATCH', `/v1/webhooks/${id}`, { description: 'x' }], ['DELETE', `/v1/webhooks/${id}`], ['POST', `/v1/webhooks/${id}:test`], ['POST', `/v1/webhooks/${id}:rotate-secret`, {}], ['POST', `/v1/webhooks/${id}:enable`], ['GET', `/v1/webhooks/${id}/deliveries`], ['POST', `/v1/webhooks/${id}/deliveries:resend`, { since: '2020-01-01T00:00:00Z' }], ['GET', `/v1/deliveries/${delivery?.id}`], ['POST', `/v1/deliveries/${delivery?.id}:resend`]] as const
    for (const [method, path, body] of paths) expect([path, (await globex(method, path, body)).status]).toEqual([path, 404])
    expect([(await globex('GET', '/v1/webhooks')).body.items, (await globex('GET', '/v1/deliveries')).body.items]).toEqual([[], []])
    expect((await acme('GET', `/v1/webhooks/${id}`, undefined, { 'x-api-key': 'none' })).status).toBe(401)
  })

  test('that is deleted is gone, gets nothing more, and its deliveries stay listed', async () => {
    const id = await create()
    await announce('violation.opened', 'm')
    expect((await acme('DELETE', `/v1/webhooks/${id}`)).status).toBe(204)
    await announce('violation.opened', 'later')
    expect((await deliveries()).map(({ status }) => status)).toEqual(['skipped'])
    expect([(await acme('GET', `/v1/webhooks/${id}`)).status, (await acme('DELETE', `/v1/webhooks/${id}`)).status, (await acme('POST', `/v1/webhooks/${id}:enable`)).status]).toEqual([404, 404, 404])
    expect((await acme('GET', '/v1/webhooks')).body.items).toEqual([])
    expect((await acme('GET', `/v1/webhooks/${id}/deliveries`)).body.items).toEqual([expect.objectContaining({ messageId: 'm', status: 'skipped' })])
  })

  test('that is disabled skips what waits and what comes, can not be tested, and resumes when it is enabled', async () => {
    const id = await create()
    await announce('violation.opened', '1')
    expect((await acme('PATCH', `/v1/webhooks/${id}`, { disabled: true })).body).toMatchObject({ disabled: true, disabledReason: 'requested' })
    await announce('violation.opened', '2')
    expect((await acme('POST', `/v1/webhooks/${id}:test`)).status).toBe(409)
    expect((await acme('POST', `/v1/webhooks/${id}/deliveries:resend`, { since: '2026-01-01T00:00:00Z' })).status).toBe(409)
    expect((await acme('POST', `/v1/webhooks/${id}:enable`)).body).toEqual({ id, wasDisabled: true })
    expect((await acme('POST', `/v1/webhooks/${id}:enable`)).body).toEqual({ id, wasDisabled: false })
    await announce('violation.opened', '3')
    expect((await deliveries()).map(({ status }) => status)).toEqual(['skipped', 'skipped', 'pending'])
  })
})

describe('an event', () => {
  test('goes to each webhook that subscribed to its type or to all, once', async () => {
    const ids = [await create(), await create({ eventTypes: ['*'] }), await create({ eventTypes: ['alert.firing', 'alert.resolved'] })]
    await announce('violation.opened', 'v')
    await announce('violation.opened', 'v')
    await announce('alert.resolved', 'a')
    expect((await deliveries()).map(({ destination, message_id }) => [ids.indexOf(destination.replace('webhook/', '')), message_id]).sort()).toEqual([[0, 'v'], [1, 'a'], [1, 'v'], [2, 'a']])
  })

  test("goes to the webhook of the tenant's own configuration when a violation opened, and not otherwise", async () => {
    await announce('violation.opened', 'v', { webhook: { url: 'https://example.com', secret: 'whsec_x' } })
    await announce('alert.firing', 'a', { webhook: { url: 'https://example.com', secret: 'whsec_x' } })
    expect((await deliveries()).map(({ destination, message_id }) => [destination, message_id])).toEqual([['webhook/tenant', 'v']])
    expect((await acme('GET', '/v1/webhooks/tenant/deliveries')).body.items).toHaveLength(1)
    expect((await acme('POST', '/v1/webhooks/tenant:enable')).body).toEqual({ id: 'tenant', wasDisabled: false })
  })

  test('of a test goes to the webhook whatever it subscribed to', async () => {
    const id = await create()
    const { status, body } = await acme('POST', `/v1/webhooks/${id}:test`)
    expect(status).toBe(202)
    expect((await acme('GET', `/v1/deliveries/${String(body['deliveryId'])}`)).body).toMatchObject({ destination: { kind: 'webhook', webhookId: id }, eventType: 'webhook.test', status: 'pending', tries: [] })
  })
})

describe('deliveries', () => {
  /** Five messages to a webhook, a second apart: two failed, one skipped, one delivered, one that waits. */
  async function five(): Promise<string> {
    const id = await create()
    const outcomes = { failed: 'refused', gone: 'refused', delivered: 'accepted', skipped: 'unroutable', pending: 'refused' } as const
    for (const [messageId, outcome] of Object.entries(outcomes)) {
      nowMs += 1_000
      await queue(opened.database, [aDelivery({ messageId, destination: { kind: 'webhook', webhookId: id } })], nowMs - startMs)
      await aDrivenDeliverer(opened.database, async () => ({ outcome, status: 500, error: 'no' }), { waitsMs: messageId === 'pending' ? [1e9] : [] }).at(nowMs - startMs)
    }
    return id
  }
  const at = (seconds: number) => new Date(startMs + seconds * 1_000).toISOString()
  const byStatus = async () => Object.fromEntries((await deliveries()).map(({ message_id, status }) => [message_id, status]))

  test('are listed newest first, by webhook, receiver, status and type', async () => {
    const id = await five()
    await queue(opened.database, [aDelivery({ messageId: 'r', destination: { kind: 'receiver', receiver: 'ops', integration: 'slack.0' }, eventType: 'alert.firing' })], 9_000)
    const list = async (query: string) => ((await acme('GET', `/v1/deliveries${query}`)).body.items ?? []).map(({ messageId }) => messageId)
    expect(await list('')).toEqual(['r', 'pending', 'skipped', 'delivered', 'gone', 'failed'])
    expect(await list('?receiver=ops')).toEqual(['r'])
    expect(await list(`?webhookId=${id}&status=failed`)).toEqual(['gone', 'failed'])
    expect(await list('?eventType=alert.firing')).toEqual(['r'])
    const first = await acme('GET', `/v1/webhooks/${id}/deliveries?limit=3`)
    const second = await acme('GET', `/v1/webhooks/${id}/deliveries?limit=3&cursor=${String(first.body['next'])}`)
    expect([...(first.body.items ?? []), ...(second.body.items ?? [])].map(({ messageId }) => messageId)).toEqual(['pending', 'skipped', 'delivered', 'gone', 'failed'])
    expect((await acme('GET', `/v1/webhooks/${id}/deliveries?status=failed&eventType=violation.opened`)).body.items).toHaveLength(2)
  })

  test('that failed or were skipped since a moment are sent again, and delivered ones where that is asked for', async () => {
    const id = await five()
    const again = async (body: object) => (await acme('POST', `/v1/webhooks/${id}/deliveries:resend`, body)).body
    expect(await again({ since: at(2) })).toEqual({ count: 2, moreSince: null })
    expect(await byStatus()).toEqual({ failed: 'failed', gone: 'pending', delivered: 'delivered', skipped: 'pending', pending: 'pending' })
    expect(await again({ since: at(0), includeDelivered: true })).toEqual({ count: 2, moreSince: null })
    const driven = aDrivenDeliverer(opened.database, async () => ({ outcome: 'accepted' }))
    await driven.at(nowMs - startMs)
    expect(driven.tried.map(({ messageId }) => messageId).sort()).toEqual(['delivered', 'failed', 'gone', 'skipped'])
  })

  test('that are sent again have all of the schedule before them, and keep every try in the log', async () => {
    const id = await five()
    await acme('POST', `/v1/webhooks/${id}/deliveries:resend`, { since: at(1) })
    const driven = aDrivenDeliverer(opened.database, async () => ({ outcome: 'refused', error: 'still not' }), { waitsMs: [1_000] })
    await driven.at(10_000)
    await driven.at(11_000)
    const failed = (await deliveries()).find(({ message_id }) => message_id === 'failed')
    expect((await acme('GET', `/v1/deliveries/${failed?.id}`)).body).toMatchObject({ status: 'failed', attempts: 3, lastError: 'still not', tries: [{ number: 1, error: 'no' }, { number: 2 }, { number: 3 }] })
  })

  test('are sent again one by one: also one that waits, and its lane with it, but none that is being sent right now', async () => {
    const id = await create()
    const lane = ['1', '2'].map((messageId) => aDelivery({ messageId, lane: 'x', destination: { kind: 'webhook', webhookId: id } }))
    await queue(opened.database, lane)
    await aDrivenDeliverer(opened.database, async () => ({ outcome: 'refused' })).at(0)
    const [first] = await deliveries()
    nowMs += 1_000
    expect((await acme('POST', `/v1/webhooks/${id}/deliveries:resend`, { deliveryId: first?.id })).body).toEqual({ count: 1, moreSince: null })
    const stuck = aDrivenDeliverer(opened.database, () => new Promise(() => undefined))
    stuck.setClock(1_000)
    expect(await stuck.deliverer.take()).toBe(1)
    expect((await acme('POST', `/v1/deliveries/${first?.id}:resend`)).status).toBe(409)
    const driven = aDrivenDeliverer(opened.database, async () => ({ outcome: 'accepted' }))
    await driven.at(31_000)
    expect(driven.tried.map(({ messageId }) => messageId)).toEqual(['1', '2'])
    expect((await acme('POST', `/v1/deliveries/${first?.id}:resend`)).status).toBe(202)
    expect(await byStatus()).toEqual({ 1: 'pending', 2: 'delivered' })
  })

  test.each([{}, { since: 'yesterday' }, { since: '2026-01-01T00:00:00Z', until: 1 }, { deliveryId: '' }])('asked for again with %j is refused', async (body) => {
    const id = await create()
    expect((await acme('POST', `/v1/webhooks/${id}/deliveries:resend`, body)).status).toBe(400)
  })

  test('of another webhook can not be sent again by this one', async () => {
    await five()
    const other = await create()
    const [first] = await deliveries()
    expect((await acme('POST', `/v1/webhooks/${other}/deliveries:resend`, { deliveryId: first?.id })).status).toBe(404)
  })
})

test('every answer has the shape that the OpenAPI document tells', async () => {
  const made = await acme('POST', '/v1/webhooks', { ...wanted, signature: 'v1a' })
  const { body: testing } = await acme('POST', `/v1/webhooks/${String(made.body['id'])}:test`)
  await aDrivenDeliverer(opened.database, async () => ({ outcome: 'refused', status: 500, error: 'no', request: { method: 'POST', url: 'https://example.com/hook', headers: {}, bytes: 2 }, response: { status: 500, headers: {}, body: '' } })).at(0)
  const at = `/v1/webhooks/${String(made.body['id'])}`
  const told = [
    [apiShapes.WebhookWithSecret, made.body],
    [apiShapes.WebhookWithSecret, (await acme('POST', `${at}:rotate-secret`, {})).body],
    [apiShapes.Webhook, (await acme('GET', at)).body],
    [apiShapes.WebhookPage, (await acme('GET', '/v1/webhooks')).body],
    [apiShapes.WebhookTest, testing],
    [apiShapes.DeliveryPage, (await acme('GET', `${at}/deliveries`)).body],
    [apiShapes.DeliveryPage, (await acme('GET', '/v1/deliveries')).body],
    [apiShapes.DeliveryDetail, (await acme('GET', `/v1/deliveries/${String(testing['deliveryId'])}`)).body],
    [apiShapes.Resent, (await acme('POST', `/v1/deliveries/${String(testing['deliveryId'])}:resend`)).body],
    [apiShapes.WebhookEnabled, (await acme('POST', `${at}:enable`)).body],
  ] as const
  for (const [shape, body] of told) expect(shape.strict().parse(body)).toEqual(body)
})
