import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { hashApiKey } from '@ott/auth/api-key'
import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { readCredentials } from '../src/credentials-file.ts'
import { ensureFirstTenants } from '../src/first-tenants.ts'
import { schema } from '../src/schema.ts'
import { createTenantStore, type TenantStore } from '../src/tenant-store.ts'

let admin: TestDatabase
let database: Database
let store: TenantStore
let folder: string
let file: string
beforeAll(async () => {
  admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const urls = await provision({ adminUrl: admin.url, schemas: [schema], passwords: testPasswords(['tenant']) })
  database = openDatabase({ url: urls['tenant'] ?? '', poolMax: 4, applicationName: 'test' })
  store = createTenantStore(database)
})
afterAll(async () => {
  await database?.close()
  await admin?.drop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  await admin.query('truncate tenant.tenant_ids cascade')
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  folder = await mkdtemp(join(tmpdir(), 'ott-tenants-'))
  file = join(folder, 'credentials.json')
})

const hashesOf = async (tenantId: string) => (await store.read(tenantId))?.apiKeys.map(({ sha256 }) => sha256)

describe('the first tenants', () => {
  test('are acme and globex, each with a random key of its own, of which the database holds the hash alone', async () => {
    await ensureFirstTenants(store, file)
    const credentials = await readCredentials(file)
    expect(Object.keys(credentials)).toEqual(['acme', 'globex'])
    expect(credentials['acme']?.apiKey).not.toBe(credentials['globex']?.apiKey)
    for (const [tenantId, { apiKey }] of Object.entries(credentials)) {
      expect(apiKey).toMatch(/^ott_[\w-]{43}$/)
      expect(await hashesOf(tenantId)).toEqual([hashApiKey(apiKey)])
    }
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const stored = await admin.query('select row_to_json(k)::text as text from tenant.api_keys k')
    for (const { apiKey } of Object.values(credentials)) expect(JSON.stringify(stored)).not.toContain(apiKey)
  })

  test('are made once: a second start changes neither keys nor what a tenant has changed', async () => {
    await ensureFirstTenants(store, file)
    await store.change('acme', { riskThreshold: 0.4 })
    const before = [await store.read('acme'), await store.read('globex'), await readCredentials(file)]
    await ensureFirstTenants(store, file)
    expect([await store.read('acme'), await store.read('globex'), await readCredentials(file)]).toEqual(before)
  })

  test('get new keys when the file is lost; the old ones stay valid', async () => {
    await ensureFirstTenants(store, file)
    const old = await hashesOf('acme')
    await rm(file)
    await ensureFirstTenants(store, file)
    expect(await hashesOf('acme')).toEqual(expect.arrayContaining([...(old ?? []), hashApiKey((await readCredentials(file))['acme']?.apiKey ?? '')]))
  })

  test('a crash after the file was written and before the hash was kept is completed at the next start', async () => {
    const crashing = { ...store, addKey: () => Promise.reject(new Error('crash')) }
    await expect(ensureFirstTenants(crashing, file)).rejects.toThrow('crash')
    const written = (await readCredentials(file))['acme']?.apiKey ?? ''
    await ensureFirstTenants(store, file)
    expect((await readCredentials(file))['acme']?.apiKey).toBe(written)
    expect(await hashesOf('acme')).toEqual([hashApiKey(written)])
  })

  test('a file that is none stops the start, and is left as it is', async () => {
    await writeFile(file, 'not json')
    await expect(ensureFirstTenants(store, file)).rejects.toThrow('is not a credentials file')
    expect((await stat(file)).size).toBe('not json'.length)
  })
})

describe('a tenant', () => {
  const webhook = { url: 'https://example.com/hook', secret: 'whsec_x' }
  beforeEach(async () => {
    for (const tenantId of ['acme', 'globex']) await store.create({ tenantId, name: tenantId, riskThreshold: 0.7 })
  })

  test('changes what it names and nothing else, and nobody else', async () => {
    await store.change('acme', { riskThreshold: 0, ignoredEventTypes: ['t'], screening: 'block', webhook })
    await store.change('acme', {})
    await store.change('acme', { riskThreshold: 0.5 })
    expect(await store.read('acme')).toEqual({ tenantId: 'acme', name: 'acme', apiKeys: [], riskThreshold: 0.5, ignoredEventTypes: ['t'], screening: 'block', webhook })
    expect(await store.read('globex')).toEqual({ tenantId: 'globex', name: 'globex', apiKeys: [], riskThreshold: 0.7, ignoredEventTypes: [], screening: 'mark' })
  })

  test('may empty its list and take its webhook back', async () => {
    await store.change('acme', { ignoredEventTypes: ['t'], webhook })
    await store.change('acme', { ignoredEventTypes: [], webhook: null })
    expect(await store.read('acme')).toEqual({ tenantId: 'acme', name: 'acme', apiKeys: [], riskThreshold: 0.7, ignoredEventTypes: [], screening: 'mark' })
  })

  test('is made once: creating it again leaves it as it is', async () => {
    await store.change('acme', { riskThreshold: 0.1 })
    await store.create({ tenantId: 'acme', name: 'Another', riskThreshold: 0.9 })
    expect(await store.read('acme')).toMatchObject({ name: 'acme', riskThreshold: 0.1 })
    expect(await store.ids()).toEqual(['acme', 'globex'])
  })

  test('has keys that no other tenant can have', async () => {
    const sha256 = hashApiKey('k')
    await store.addKey('acme', sha256)
    await expect(store.addKey('globex', sha256)).rejects.toThrow()
    expect(await hashesOf('globex')).toEqual([])
  })

  test('that does not exist is undefined', async () => {
    expect(await store.read('nobody')).toBeUndefined()
  })
})
