import { expect, test } from '@jest/globals'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { authenticate, tenantOf } from './authenticate.ts'
import { serveForTest } from './serve-for-test.ts'

const key = 'ott_right-key'
const acme: TenantConfiguration = { tenantId: 'acme', name: 'Acme', apiKeys: [], riskThreshold: 1, ignoredEventTypes: [] }

function serve(isCaughtUp = true) {
  const directory = { findByKey: (given: string) => (given === key ? acme : undefined), isCaughtUp: () => isCaughtUp }
  return serveForTest({
    routes: (app) => void app.get('/v1/mine', authenticate(directory), (_request, response) => void response.json(tenantOf(response))),
  })
}

test.each([
  ['x-api-key', { 'x-api-key': key }],
  ['a bearer token', { authorization: `Bearer ${key}` }],
  ['a bearer token in lower case', { authorization: `bearer ${key}` }],
])('a known key as %s leads to its tenant, whose calls are counted', async (_how, headers) => {
  await using app = await serve()
  const answer = await fetch(`${app.url}/v1/mine`, { headers })
  expect([answer.status, await answer.json()]).toEqual([200, acme])
  expect((await app.registry.metrics()).split('\n')).toContain(
    'ott_tenant_api_calls_total{route="/v1/mine",status="200",tenant="acme",service="test"} 1',
  )
})

test.each<[string, Record<string, string>]>([
  ['no key', {}],
  ['an unknown key', { 'x-api-key': 'ott_wrong' }],
  ['an empty key', { 'x-api-key': '' }],
  ['another scheme', { authorization: `Basic ${key}` }],
  ['a bearer of nothing', { authorization: 'Bearer ' }],
  ['two keys in one header', { 'x-api-key': `${key}, ${key}` }],
  ['an endless key', { authorization: `Bearer ${'x'.repeat(5_000)}` }],
])('%s is a 401 with its problem, the schemes to use, and counted', async (_what, headers) => {
  await using app = await serve()
  const answer = await fetch(`${app.url}/v1/mine`, { headers })
  expect(answer.status).toBe(401)
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(answer.headers.get('www-authenticate')).toContain('Bearer')
  expect(await answer.json()).toMatchObject({ code: 'unauthenticated', status: 401 })
  expect((await app.registry.metrics()).split('\n')).toContain(
    'ott_tenant_api_calls_total{route="/v1/mine",status="401",tenant="none",service="test"} 1',
  )
})

test('before the keys are read, an unknown key is told to come back and a known one works', async () => {
  await using app = await serve(false)
  const unknown = await fetch(`${app.url}/v1/mine`, { headers: { 'x-api-key': 'ott_not-yet' } })
  expect([unknown.status, unknown.headers.get('retry-after')]).toEqual([503, '1'])
  expect((await fetch(`${app.url}/v1/mine`, { headers: { 'x-api-key': key } })).status).toBe(200)
  expect((await fetch(`${app.url}/v1/mine`)).status).toBe(401)
})

test('a key never reaches logs, metrics or answers', async () => {
  await using waiting = await serve(false)
  await using ready = await serve()
  for (const app of [waiting, ready]) {
    const answers = await Promise.all(
      [{ 'x-api-key': 'ott_hidden' }, { authorization: 'Bearer ott_hidden' }].map(async (headers) =>
        (await fetch(`${app.url}/v1/mine`, { headers })).text(),
      ),
    )
    expect(answers.join() + app.logged.join() + (await app.registry.metrics())).not.toContain('hidden')
  }
})
