import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { apiKeyOf, createApiKey, hashApiKey } from './api-key.ts'

test('keys are new every time, 256 bits long and marked for secret scanners', () => {
  const keys = Array.from({ length: 1_000 }, createApiKey)
  expect(new Set(keys).size).toBe(1_000)
  for (const key of keys) expect(key).toMatch(/^ott_[A-Za-z0-9_-]{43}$/)
})

test('what is kept of a key is its SHA-256 in hex, not the key', () => {
  expect(hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('a new key is read back from either header', () => {
  const key = createApiKey()
  expect(apiKeyOf({ 'x-api-key': key })).toBe(key)
  expect(apiKeyOf({ authorization: `Bearer ${key}` })).toBe(key)
  expect(apiKeyOf({ authorization: `bearer   ${key}` })).toBe(key)
  expect(apiKeyOf({ 'x-api-key': key, authorization: 'Bearer other' })).toBe(key)
})

test.each([
  [{}],
  [{ 'x-api-key': '' }],
  [{ 'x-api-key': ['a', 'b'] }],
  [{ authorization: 'Bearer' }],
  [{ authorization: 'Bearer a b' }],
  [{ authorization: 'Basic abc' }],
  [{ authorization: `Bearer ${'x'.repeat(513)}` }],
  [{ authorization: 'XBearer abc' }],
])('%j carries no key', (headers) => {
  expect(apiKeyOf(headers)).toBeUndefined()
})

test('no header makes it throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => expect(() => [apiKeyOf({ authorization: value }), hashApiKey(value)]).not.toThrow()))
})
