import { expect, test } from '@jest/globals'
import { exportSPKI, generateKeyPair, SignJWT, type CryptoKey } from 'jose'
import { createJwt, holdsNow } from './jwt.ts'
import { aPassage } from './passage-fixture.ts'

const config = {
  header_names: ['authorization'],
  uri_param_names: [],
  cookie_names: [],
  key_claim_name: 'iss',
  claims_to_verify: ['exp' as const],
  secret_is_base64: false as const,
  run_on_preflight: false as const,
  anonymous: 'nobody',
}
const nowMs = 1_800_000_000_000
const soon = nowMs / 1_000 + 60
const secret = 'a-shared-secret-of-thirty-two-bytes!'
const pair = await generateKeyPair('RS256', { extractable: true })
const plugin = createJwt(
  config,
  [
    { consumer: 'standard', key: 'partner-a', algorithm: 'HS256', secret },
    { consumer: 'premium', key: 'partner-b', algorithm: 'RS256', rsa_public_key: await exportSPKI(pair.publicKey) },
    { consumer: 'premium', key: 'partner-c', algorithm: 'RS256', rsa_public_key: 'no key at all' },
  ],
  () => nowMs,
)

function token(claims: Record<string, unknown>, key: Uint8Array | CryptoKey = new TextEncoder().encode(secret), alg = 'HS256'): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(key)
}

async function callerOf(authorization: string | undefined, method = 'GET') {
  const passage = aPassage(authorization === undefined ? {} : { authorization }, { method })
  expect(await plugin.access(passage)).toBeUndefined()
  return passage.caller
}

const good = await token({ iss: 'partner-a', exp: soon })
const [head, , signature] = good.split('.')
const forged = Buffer.from(JSON.stringify({ iss: 'partner-a', exp: soon + 1 })).toString('base64url')

test('a valid token leads to its consumer, by a shared secret as well as by a key pair', async () => {
  expect(await callerOf(`Bearer ${good}`)).toEqual({ consumer: 'standard', credential: 'partner-a' })
  expect(await callerOf(`bearer ${await token({ iss: 'partner-b', exp: soon }, pair.privateKey, 'RS256')}`)).toMatchObject({ consumer: 'premium' })
})

test.each<[string, string | undefined]>([
  ['no token', undefined],
  ['an API key', 'Bearer ott_key'],
  ['another scheme', `Basic ${good}`],
  ['other claims under the same signature', `Bearer ${head}.${forged}.${signature}`],
  ['no signature', `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${forged}.`],
  ['nonsense with dots', 'Bearer a.b.c'],
  ['an expired one', `Bearer ${await token({ iss: 'partner-a', exp: nowMs / 1_000 })}`],
  ['one that never expires', `Bearer ${await token({ iss: 'partner-a' })}`],
  ['an unknown issuer', `Bearer ${await token({ iss: 'partner-x', exp: soon })}`],
  ['another secret', `Bearer ${await token({ iss: 'partner-a', exp: soon }, new TextEncoder().encode(`${secret}!`))}`],
  ['another algorithm than the credential has', `Bearer ${await token({ iss: 'partner-a', exp: soon }, undefined, 'HS512')}`],
  ['one for a credential whose key is broken', `Bearer ${await token({ iss: 'partner-c', exp: soon }, pair.privateKey, 'RS256')}`],
])('%s passes as the anonymous consumer', async (_what, authorization) => {
  expect(await callerOf(authorization)).toEqual({ consumer: 'nobody', credential: undefined })
})

test('without credentials nothing is verified, and nothing waits', () => {
  const passage = aPassage({ authorization: `Bearer ${good}` })
  expect(createJwt(config, [], () => nowMs).access(passage)).toBeUndefined()
  expect(passage.caller).toEqual({ consumer: 'nobody', credential: undefined })
})

test('claims hold to the second, must be there when they are to be verified, and others are not looked at', () => {
  expect(holdsNow({ exp: 10 }, ['exp'], 9)).toBe(true)
  expect(holdsNow({ exp: 10 }, ['exp'], 10)).toBe(false)
  expect(holdsNow({ nbf: 10 }, ['nbf'], 10)).toBe(true)
  expect(holdsNow({ nbf: 10 }, ['nbf'], 9)).toBe(false)
  expect(holdsNow({ exp: '10' }, ['exp'], 9)).toBe(false)
  expect(holdsNow({ exp: 10 }, [], 99)).toBe(true)
})
