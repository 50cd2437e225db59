import { expect, test } from '@jest/globals'
import { createKeyAuth } from './key-auth.ts'
import { aPassage } from './passage-fixture.ts'

const config = { key_names: ['X-API-Key'], key_in_header: true, key_in_query: false, key_in_body: false, hide_credentials: false, run_on_preflight: false } as const
const plugin = createKeyAuth({ ...config, key_names: ['X-API-Key'], anonymous: 'nobody' }, [
  { consumer: 'standard', key: 'k1' },
  { consumer: 'standard', key: 'k2' },
])
const nobody = { consumer: 'nobody', credential: undefined }

test('a known key leads to its consumer, each key as a credential of its own, and the service is told', () => {
  const [first, second] = ['k1', 'k2'].map((key) => {
    const passage = aPassage({ 'x-api-key': key })
    expect(plugin.access(passage)).toBeUndefined()
    return passage
  })
  expect([first?.caller?.consumer, second?.caller?.consumer]).toEqual(['standard', 'standard'])
  expect(first?.caller?.credential).not.toBe(second?.caller?.credential)
  expect(first?.serviceHeaders).toMatchObject({ 'x-consumer-username': 'standard', 'x-anonymous-consumer': undefined })
  expect(JSON.stringify(first?.serviceHeaders)).not.toContain('k1')
})

test.each([
  ['no key', {}],
  ['an unknown key', { 'x-api-key': 'other' }],
  ['two keys', { 'x-api-key': 'k1, k2' }],
  ['a key elsewhere', { authorization: 'Bearer k1' }],
  ['the name of a property', { 'x-api-key': 'constructor' }],
])('%s passes as the anonymous consumer, whatever it claims to be', (_what, headers) => {
  const passage = aPassage({ ...headers, 'x-consumer-username': 'premium' })
  expect(plugin.access(passage)).toBeUndefined()
  expect(passage.caller).toEqual(nobody)
  expect(passage.serviceHeaders).toMatchObject({ 'x-consumer-username': 'nobody', 'x-anonymous-consumer': 'true', 'x-credential-identifier': undefined })
})

test('whom a token has identified stays, whatever key comes along', () => {
  const passage = aPassage({ 'x-api-key': 'k1' })
  passage.caller = { consumer: 'premium', credential: 'issuer' }
  expect(plugin.access(passage)).toBeUndefined()
  expect(passage.caller.consumer).toBe('premium')
})
