import { expect, test } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { aReceiver } from '../test/webhook-receiver.ts'
import { createWebhookSender, isInnerAddress } from './webhook.ts'

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
const message = (url: string, parts = {}) => ({ url, secret, id: 'alert-1', atMs: Date.now(), body: '{"type":"violation.opened","name":"Zoë"}', ...parts })
const post = createWebhookSender(true)

test.each([
  '0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.9.9.9', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.8', '192.168.1.1',
  '198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'ff02::1', '64:ff9b::a00:1',
  '::ffff:10.0.0.1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::ffff:192.168.0.1',
])('%s is an inner address', (address) => {
  expect(isInnerAddress(address)).toBe(true)
})

test.each([
  '1.1.1.1', '8.8.8.8', '93.184.215.14', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.1', '192.167.1.1', '223.255.255.255',
  '2606:4700::1111', '2a00:1450:4001::200e', '::ffff:8.8.8.8', '::ffff:101:101',
])('%s is not an inner address', (address) => {
  expect(isInnerAddress(address)).toBe(false)
})

test('a message arrives signed, so that its receiver can verify it by the Standard Webhooks specification', async () => {
  await using receiver = await aReceiver()
  const sent = message(receiver.url)
  expect(await post(sent)).toBeUndefined()
  const [got] = receiver.delivered
  expect(got?.headers['webhook-id']).toBe('alert-1')
  expect(got?.headers['content-type']).toBe('application/json')
  expect(new Webhook(secret).verify(got?.body ?? '', got?.headers as Record<string, string>)).toEqual(JSON.parse(sent.body))
  expect(() => new Webhook(secret).verify(`${got?.body} `, got?.headers as Record<string, string>)).toThrow('signature')
})

test.each([400, 404, 500, 503])('a receiver that answers %d has not taken the message', async (status) => {
  await using receiver = await aReceiver(() => ({ status }))
  expect(await post(message(receiver.url))).toBe(`the receiver answered ${status}`)
})

test.each([301, 302, 307, 308])('a redirect (%d) is not followed: it could lead inside', async (status) => {
  await using target = await aReceiver()
  await using receiver = await aReceiver(() => ({ status, location: target.url }))
  expect(await post(message(receiver.url))).toBe(`the receiver answered ${status}`)
  expect(target.delivered).toEqual([])
})

test('a receiver that does not answer is given up on', async () => {
  await using receiver = await aReceiver(() => ({}))
  expect(await post(message(receiver.url))).toBe('no answer within 5 s')
  expect(receiver.delivered).toHaveLength(1)
}, 20_000)

test('a receiver that is down is an error that names no secret', async () => {
  const receiver = await aReceiver()
  await receiver[Symbol.asyncDispose]()
  const error = await post(message(receiver.url))
  expect(error).toBe('the receiver could not be reached: ECONNREFUSED')
})

test.each(['http://127.0.0.1:9/', 'http://localhost:9/', 'http://[::1]:9/', 'http://[::ffff:127.0.0.1]:9/', 'http://0x7f000001:9/', 'http://2130706433:9/'])(
  'by default %s is refused: tenants can not make the platform call its own network',
  async (url) => {
    expect(await createWebhookSender(false)(message(url))).toBe('the receiver is on an inner network')
  },
)

test.each([
  ['no URL', { url: 'not a url' }],
  ['a secret that is none', { secret: 'whsec_%%%' }],
])('%s is an error, not an exception', async (_what, parts) => {
  await using receiver = await aReceiver()
  expect(await post(message(receiver.url, parts))).toEqual(expect.any(String))
})

test('a message carries the trace it belongs to, so that the receiver can continue it', async () => {
  await using receiver = await aReceiver()
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  await post(message(receiver.url, { traceparent }))
  await post(message(receiver.url))
  expect(receiver.delivered.map(({ headers }) => headers['traceparent'])).toEqual([traceparent, undefined])
})
