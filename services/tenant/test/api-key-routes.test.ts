import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { hashApiKey } from '@ott/auth/api-key'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { serveForTest, type ServedApp } from '@ott/http/serve-for-test'
import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { addApiKeyRoutes } from '../src/api-key-routes.ts'
import { schema } from '../src/schema.ts'
import { createTenantStore, type TenantStore } from '../src/tenant-store.ts'

let admin: TestDatabase
let database: Database
let store: TenantStore
let app: ServedApp
/** What the other processes were told, by tenant. */
const told = new Map<string, TenantConfiguration>()
const find = (key: string) => [...told.values()].find(({ apiKeys }) => apiKeys.some(({ sha256 }) => sha256 === hashApiKey(key)))
const directory = {
  findByKey: find,
  keyIdOf: (key: string) => find(key)?.apiKeys.find(({ sha256 }) => sha256 === hashApiKey(key))?.id,
  isCaughtUp: () => true,
} as Parameters<typeof addApiKeyRoutes>[1]['directory']

beforeAll(async () => {
  admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const urls = await provision({ adminUrl: admin.url, schemas: [schema], passwords: testPasswords(['tenant']) })
  database = openDatabase({ url: urls['tenant'] ?? '', poolMax: 4, applicationName: 'test' })
  store = createTenantStore(database)
  app = await serveForTest({ routes: (express) => addApiKeyRoutes(express, { directory, store, publish: async (configuration) => void told.set(configuration.tenantId, configuration) }) })
})
afterAll(async () => {
  await app?.[Symbol.asyncDispose]()
  await database?.close()
  await admin?.drop()
})
beforeEach(async () => {
  await admin.query('truncate tenant.tenant_ids cascade')
  for (const tenantId of ['acme', 'globex']) {
    await store.create({ tenantId, name: tenantId, riskThreshold: 0.7 })
    await store.createKey(tenantId, 'first', hashApiKey(`key-of-${tenantId}`))
    told.set(tenantId, (await store.read(tenantId)) as TenantConfiguration)
  }
})

async function ask(method: string, path = '', body?: unknown, key = 'key-of-acme') {
  const response = await fetch(`${app.url}/v1/tenant/keys${path}`, { method, headers: { 'x-api-key': key }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const text = await response.text()
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as { id?: string; key?: string; code?: string; items?: { id: string; isCalling: boolean }[] } }
}
const idsOf = async (tenantId: string) => (await store.keys(tenantId)).map(({ id }) => id)

test('a new key works, is shown once, and the database holds its hash alone', async () => {
  const { status, body } = await ask('POST', '', { id: 'second-officer' })
  expect([status, body.id, body.key]).toEqual([201, 'second-officer', expect.stringMatching(/^ott_[\w-]{43}$/)])
  const listed = await ask('GET', '', undefined, body.key)
  expect(listed.body.items?.map(({ id, isCalling }) => [id, isCalling])).toEqual([['first', false], ['second-officer', true]])
  expect(JSON.stringify(listed.body)).not.toContain('sha256')
  expect(JSON.stringify([await admin.query('select row_to_json(k)::text as text from tenant.api_keys k'), app.logged])).not.toContain(body.key)
})

test('a key that was ended no longer works', async () => {
  const { body } = await ask('POST', '', { id: 'second' })
  expect((await ask('DELETE', '/second')).status).toBe(204)
  expect((await ask('GET', '', undefined, body.key)).status).toBe(401)
  expect(await ask('DELETE', '/second')).toMatchObject({ status: 404, body: { code: 'not-found' } })
})

test('nobody ends the key that asks, or the only one', async () => {
  expect(await ask('DELETE', '/first')).toMatchObject({ status: 409, body: { code: 'conflict' } })
  expect(await store.deleteKey('acme', 'first')).toBe('last')
})

test('of the last two keys, ended at once, one stays', async () => {
  await store.createKey('acme', 'second', hashApiKey('2'))
  expect((await Promise.all(['first', 'second'].map((id) => store.deleteKey('acme', id)))).sort()).toEqual(['deleted', 'last'])
  expect(await idsOf('acme')).toHaveLength(1)
})

test('an id is taken once, by each tenant for itself', async () => {
  expect((await ask('POST', '', { id: 'second' })).status).toBe(201)
  expect(await ask('POST', '', { id: 'second' })).toMatchObject({ status: 409, body: { code: 'conflict' } })
  expect((await ask('POST', '', { id: 'second' }, 'key-of-globex')).status).toBe(201)
})

test('no tenant sees or ends keys of another', async () => {
  await ask('POST', '', { id: 'of-acme' })
  expect((await ask('GET', '', undefined, 'key-of-globex')).body.items?.map(({ id }) => id)).toEqual(['first'])
  expect((await ask('DELETE', '/of-acme', undefined, 'key-of-globex')).status).toBe(404)
  expect(await idsOf('acme')).toEqual(['first', 'of-acme'])
})

test.each([{}, { id: '' }, { id: 'a b' }, { id: 'x'.repeat(65) }, { id: 'ok', key: 'mine' }, { id: '../x' }])('%j is refused', async (body) => {
  expect(await ask('POST', '', body)).toMatchObject({ status: 400, body: { code: 'invalid-request' } })
})

test('there are at most fifty', async () => {
  for (let n = 1; n < 50; n++) await store.createKey('acme', `k${n}`, hashApiKey(`k${n}`))
  expect(await ask('POST', '', { id: 'one-more' })).toMatchObject({ status: 409, body: { code: 'conflict' } })
})
