import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { TransientError } from '@ott/pipeline/errors'
import type { OutboundRecord } from '@ott/pipeline/record'
import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { listAlerts, recordDelivery, saveAlerts, takeDueAlerts } from '../src/alert-store.ts'
import { startDeliverer, type DelivererOptions } from '../src/deliver-alerts.ts'
import { raiseAlert } from '../src/raise-alert.ts'
import { schema } from '../src/schema.ts'
import { createWebhookSender } from '../src/webhook.ts'
import { aViolation } from './violation-fixture.ts'
import { aReceiver } from './webhook-receiver.ts'

let admin: TestDatabase
let database: Database
beforeAll(async () => {
  admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const schemas = [schema, { service: 'violation', migrations: [] }]
  const urls = await provision({ adminUrl: admin.url, schemas, passwords: testPasswords(['alerting', 'violation']) })
  database = openDatabase({ url: urls['alerting'] ?? '', poolMax: 6, applicationName: 'test' })
})
afterAll(async () => {
  await database?.close()
  await admin?.drop()
})
beforeEach(() => admin.query('truncate alerting.alerts'))

const nowMs = Date.parse('2026-03-01T12:00:00Z')
const both = ['acme', 'globex']

async function raise(ids: readonly string[], parts: { tenantId?: string; hasReceiver?: boolean } = {}): Promise<void> {
  const violations = ids.map((id) => aViolation(id, { tenantId: parts.tenantId ?? 'acme' }))
  const rows = violations.flatMap((received) => raiseAlert(received, parts.hasReceiver ?? true).rows.map((row) => ({ received, row })))
  await database.transaction(both, (sql) => saveAlerts(rows, sql, nowMs))
}

const list = (tenant = 'acme', filter = {}) => listAlerts(database, tenant, filter, { limit: 50, after: undefined })
const take = (atMs: number, limit = 10, tenants = both) => takeDueAlerts(database, tenants, limit, atMs, 30_000)

describe('alerts', () => {
  test('are kept once, however often their violation comes, and keep what became of them', async () => {
    await raise(['v'])
    const [due] = await take(nowMs)
    if (due === undefined) throw new Error('must be due')
    await recordDelivery(database, due, { status: 'delivered' }, nowMs + 5)
    await raise(['v'])
    expect(await list()).toEqual([expect.objectContaining({ violationId: 'violation-acme-v', status: 'delivered', attempts: 1, lastError: null, updatedAt: '2026-03-01T12:00:00.005Z' })])
  })

  test('keep the trace of their event until they are delivered, and nothing else that a header may hold', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    for (const [id, header] of [['traced', traceparent], ['garbled', '\u0000 no trace'], ['bare', undefined]] as const) {
      const received = { ...aViolation(id), traceparent: header }
      const rows = raiseAlert(received, true).rows.map((row) => ({ received, row }))
      await database.transaction(both, (sql) => saveAlerts(rows, sql, nowMs))
    }
    const kept = (await take(nowMs)).map(({ violationId, traceparent: trace }) => [violationId, trace])
    expect(Object.fromEntries(kept)).toEqual({ 'violation-acme-traced': traceparent, 'violation-acme-garbled': undefined, 'violation-acme-bare': undefined })
  })

  test('one that is taken is nobody else\'s until its lease ends: a deliverer that dies leaves it to be taken again', async () => {
    await raise(['v'])
    expect((await take(nowMs)).map(({ attempts }) => attempts)).toEqual([1])
    expect(await take(nowMs + 29_999)).toEqual([])
    expect((await take(nowMs + 30_000)).map(({ attempts }) => attempts)).toEqual([2])
  })

  test('deliverers that take at the same time never take the same', async () => {
    await raise(Array.from({ length: 40 }, (_, n) => `v-${n}`))
    const taken = (await Promise.all([1, 2, 3, 4].map(() => take(nowMs, 10)))).flat()
    expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length)
    expect(taken.length + (await take(nowMs, 50)).length).toBe(40)
  })

  test('one that is to be tried again is due then, and not before', async () => {
    await raise(['v'])
    const [due] = await take(nowMs)
    if (due === undefined) throw new Error('must be due')
    await recordDelivery(database, due, { status: 'pending', error: 'down', again: new Date(nowMs + 500) }, nowMs)
    expect(await take(nowMs + 499)).toEqual([])
    expect(await take(nowMs + 500)).toHaveLength(1)
    expect(await list()).toEqual([expect.objectContaining({ status: 'pending', lastError: 'down' })])
  })

  test('without a receiver they are listed and never due', async () => {
    await raise(['v'], { hasReceiver: false })
    expect(await take(nowMs + 1e9)).toEqual([])
    expect((await list('acme', { status: 'unrouted' })).length).toBe(1)
  })

  test("another tenant's can neither be listed nor taken", async () => {
    await raise(['v'])
    await raise(['g'], { tenantId: 'globex' })
    expect((await list('globex')).map(({ violationId }) => violationId)).toEqual(['violation-globex-g'])
    expect((await take(nowMs, 10, ['globex'])).map(({ tenantId }) => tenantId)).toEqual(['globex'])
    expect(await list('globex', { violationId: 'violation-acme-v' })).toEqual([])
  })
})

describe('the deliverer', () => {
  const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`

  /** Delivers acme's alerts to `url` until `isDone`; answers what was told on the topic. */
  async function deliver(url: string | undefined, isDone: () => Promise<boolean>, parts: Partial<DelivererOptions> = {}): Promise<{ id: string; status: string }[]> {
    const told: { id: string; status: string }[] = []
    const acme = { tenantId: 'acme', ...(url === undefined ? {} : { webhook: { url, secret } }) } as TenantConfiguration
    const deliverer = startDeliverer({
      database,
      bus: {
        publish: async (records: readonly OutboundRecord[]) => {
          for (const { value } of records) {
            const { id, data } = JSON.parse(String(value)) as { id: string; data: { status: string } }
            told.push({ id, status: data.status })
          }
        },
      },
      directory: { get: (id) => (id === 'acme' ? acme : undefined), all: () => [acme] },
      post: createWebhookSender(true),
      settings: { attemptsMax: 3, backOff: { firstMs: 1, maxMs: 5 }, pollMs: 5, concurrency: 4 },
      nowMs: Date.now,
      random: () => 0,
      onFault: () => undefined,
      onDelivery: () => undefined,
      ...parts,
    })
    try {
      while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 5))
    } finally {
      await deliverer.stop()
    }
    return told
  }
  const isStatus = (status: string) => async () => (await list()).every((alert) => alert.status === status)

  test('tries again until the receiver takes it, under one id, and tells of it once', async () => {
    await raise(['v'])
    await using receiver = await aReceiver((count) => ({ status: count < 3 ? 500 : 204 }))
    const told = await deliver(receiver.url, isStatus('delivered'))
    expect(told.map(({ status }) => status)).toEqual(['delivered'])
    expect(receiver.delivered.length).toBe(3)
    expect(new Set(receiver.delivered.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect((await list())[0]).toMatchObject({ attempts: 3, lastError: null })
  })

  test('gives up after the last try, keeps the error and tells of it', async () => {
    await raise(['v'])
    await using receiver = await aReceiver(() => ({ status: 410 }))
    const told = await deliver(receiver.url, isStatus('failed'))
    expect([told.map(({ status }) => status), receiver.delivered.length]).toEqual([['failed'], 3])
    expect((await list())[0]).toMatchObject({ attempts: 3, lastError: 'the receiver answered 410' })
  })

  test('a receiver that its tenant has taken back leaves the alert unrouted', async () => {
    await raise(['v'])
    expect((await deliver(undefined, isStatus('unrouted'))).map(({ status }) => status)).toEqual(['unrouted'])
  })

  test('a broker that is away when the outcome is to be told leaves the alert pending: it is told later, never not', async () => {
    await raise(['v'])
    await using receiver = await aReceiver()
    let faults = 0
    const publish = () => Promise.reject(new TransientError('away'))
    await deliver(receiver.url, async () => faults > 0, { bus: { publish }, onFault: () => void faults++ })
    expect((await list())[0]).toMatchObject({ status: 'pending', attempts: 1 })
  })
})
