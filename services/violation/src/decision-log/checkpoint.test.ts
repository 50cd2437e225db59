import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { openCheckpointKeys } from './checkpoint.ts'

const aKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { private: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'), public: publicKey.export({ format: 'der', type: 'spki' }).toString('base64') }
}
const checkpoint = { tenantId: 'acme', sequence: 7, hash: 'ab'.repeat(32), at: '2026-03-01T00:00:00.000Z' }

test('the key of RFC 8037 has the thumbprint that its appendix tells', () => {
  // Appendix A.1 and A.3: the private key is the 32 bytes after the head of PKCS #8.
  const d = Buffer.from('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', 'base64url')
  const [jwk] = openCheckpointKeys(Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), d]).toString('base64')).published
  expect(jwk).toEqual({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k', use: 'sig' })
})

test('what was signed holds, and nothing that differs from it does', () => {
  const keys = openCheckpointKeys(aKey().private)
  const signed = keys.sign!(checkpoint)
  expect(keys.check(signed)).toBe('valid')
  for (const changed of [{ tenantId: 'other' }, { sequence: 8 }, { hash: 'ac'.repeat(32) }, { at: '2026-03-01T00:00:00.001Z' }, { signature: signed.signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')) }, { signature: '' }]) {
    expect(keys.check({ ...signed, ...changed })).toBe('invalid')
  }
  expect(keys.check({ ...signed, keyId: 'another' })).toBe('unknown-key')
})

test('a retired key checks what it signed, and signs no more', () => {
  const [old, present] = [aKey(), aKey()]
  const signed = openCheckpointKeys(old.private).sign!(checkpoint)
  const keys = openCheckpointKeys(present.private, ` ${old.public} , ${aKey().public}`)
  expect(keys.check(signed)).toBe('valid')
  expect(keys.sign!(checkpoint).keyId).toBe(keys.published[0]?.kid)
  expect(keys.published).toHaveLength(3)
  expect(openCheckpointKeys(undefined, old.public).sign).toBeUndefined()
  expect(openCheckpointKeys(present.private).check(signed)).toBe('unknown-key')
})

test.each([
  ['no key', 'bm9uc2Vuc2U='],
  ['a key of another kind', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')],
])('%s is refused by the name of the setting, and nothing of it is told', (_what, text) => {
  expect(() => openCheckpointKeys(text)).toThrow('DECISION_LOG_SIGNING_KEY: must be an Ed25519 key, DER in base64')
  expect(() => openCheckpointKeys(undefined, text)).toThrow('DECISION_LOG_RETIRED_KEYS: must be an Ed25519 key, DER in base64')
})
