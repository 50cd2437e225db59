import { createPublicKey, verify } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import fc from 'fast-check'
import { generateEd25519KeyPair, generateHmacSecret, signWebhook } from './sign-webhook.ts'

/** Verifies as the specification tells receivers to, by node:crypto: any `v1a` entry that the key made counts. */
function verifiesBy(publicKey: string, headers: Record<string, string>, body: string): boolean {
  const x = Buffer.from(publicKey.replace(/^whpk_/, ''), 'base64').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const content = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
  const entries = (headers['webhook-signature'] ?? '').split(' ').map((entry) => entry.split(','))
  return entries.some(([version, signature = '']) => version === 'v1a' && verify(null, content, key, Buffer.from(signature, 'base64')))
}

const now = () => Date.now()

test('the public library verifies what is signed with a shared secret, whatever the body', () => {
  fc.assert(
    fc.property(fc.json(), fc.stringMatching(/^[a-z0-9_-]{1,40}$/), (body, id) => {
      const secret = generateHmacSecret()
      const headers = signWebhook({ id, atMs: now(), body, secrets: [secret] })
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
    }),
  )
})

test('the public library refuses a body that was changed, and a signature by another secret', () => {
  const secret = generateHmacSecret()
  const headers = signWebhook({ id: 'msg_1', atMs: now(), body: '{"a":1}', secrets: [secret] })
  expect(() => new Webhook(secret).verify('{"a":2}', headers)).toThrow('No matching signature')
  expect(() => new Webhook(generateHmacSecret()).verify('{"a":1}', headers)).toThrow('No matching signature')
})

test("the specification's own example is signed as the public library signs it", () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const [id, atMs, body] = ['msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_000, '{"test": 2432232314}']
  expect(signWebhook({ id, atMs, body, secrets: [secret] })).toEqual({
    'webhook-id': id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('a signature by a key pair is verified by its public half alone, and by no other', () => {
  const [pair, other] = [generateEd25519KeyPair(), generateEd25519KeyPair()]
  const headers = signWebhook({ id: 'msg_1', atMs: now(), body: '{"ä":1}', secrets: [pair.secret] })
  expect(headers['webhook-signature']).toMatch(/^v1a,[A-Za-z0-9+/]{86}==$/)
  expect(verifiesBy(pair.publicKey, headers, '{"ä":1}')).toBe(true)
  expect(verifiesBy(pair.publicKey, headers, '{"ä":2}')).toBe(false)
  expect(verifiesBy(other.publicKey, headers, '{"ä":1}')).toBe(false)
})

test('the first test vector of RFC 8032 comes from its seed, with or without the public key after it', () => {
  const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
  const publicKey = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex')
  const message = { id: 'msg_1', atMs: 1_000, body: 'x' }
  const short = signWebhook({ ...message, secrets: [`whsk_${seed.toString('base64')}`] })
  const long = signWebhook({ ...message, secrets: [`whsk_${Buffer.concat([seed, publicKey]).toString('base64')}`] })
  expect(short).toEqual(long)
  expect(verifiesBy(`whpk_${publicKey.toString('base64')}`, short, 'x')).toBe(true)
})

test('while a secret is replaced, whoever knows the old or the new one verifies, by either scheme', () => {
  const [old, fresh, pair] = [generateHmacSecret(), generateHmacSecret(), generateEd25519KeyPair()]
  const headers = signWebhook({ id: 'msg_1', atMs: now(), body: '{}', secrets: [fresh, old, pair.secret] })
  for (const secret of [old, fresh]) expect(new Webhook(secret).verify('{}', headers)).toEqual({})
  expect(verifiesBy(pair.publicKey, headers, '{}')).toBe(true)
  expect(headers['webhook-signature']?.split(' ').map((entry) => entry.split(',')[0])).toEqual(['v1', 'v1', 'v1a'])
})

test('without a secret a message has its id and its time, and no empty signature', () => {
  expect(signWebhook({ id: 'msg_1', atMs: 1_999, body: '', secrets: [] })).toEqual({ 'webhook-id': 'msg_1', 'webhook-timestamp': '1' })
})

test.each(['plain', 'whsec_', 'whsec_not base64!', 'whsk_c2hvcnQ=', 'whsk_', 'whpk_AAAA'])('the unusable secret %j is refused and not quoted', (secret) => {
  const signing = () => signWebhook({ id: 'msg_1', atMs: 0, body: '', secrets: [secret] })
  expect(signing).toThrow(TypeError)
  expect(signing).not.toThrow(/not base64!|c2hvcnQ|plain|AAAA/)
})

test('an id that could pass for another id and time is refused', () => {
  for (const id of ['a.1', '', 'a b', 'a\nb']) expect(() => signWebhook({ id, atMs: 0, body: '', secrets: [] })).toThrow('webhook-id')
})
