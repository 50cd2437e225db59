import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { alertChanged } from '@ott/contracts/alert-changed'
import { buildEvent, recordKeyOf, type EventContract } from '@ott/contracts/define-event'
import { eventScored } from '@ott/contracts/event-scored'
import { violationChanged } from '@ott/contracts/violation-changed'
import { violationOpened } from '@ott/contracts/violation-opened'
import type { InboundRecord } from '@ott/pipeline/record'
import { createLogger } from '@ott/telemetry/logger'
import { createClient, type Client } from 'graphql-ws'
import { WebSocket } from 'ws'
import { createSocketHub, type SocketHub } from '../socket-hub.ts'
import { serveSockets } from '../socket-server.ts'
import { subscriptionEndpoint } from './subscription-endpoint.ts'
import { subscriptionSchema } from './subscription-schema.ts'
import { aServer, countedEvents, directory, until } from '../../test/socket-fixture.ts'

const sdl = readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8')

let scope: AsyncDisposableStack
beforeEach(() => {
  scope = new AsyncDisposableStack()
})
afterEach(() => scope.disposeAsync())

interface Served {
  readonly hub: SocketHub
  readonly url: string
  readonly port: number
  /** Subscriptions that made all events be read. */
  users(): number
}

async function serve(): Promise<Served> {
  const hub = createSocketHub()
  const { server, port } = await aServer(scope)
  const { everyEvent, users } = countedEvents()
  const endpoint = subscriptionEndpoint({ directory, schema: subscriptionSchema(sdl, { hub, everyEvent }), log: createLogger({ service: 'test', level: 'silent' }), subscriptionsMax: 3 })
  const sockets = serveSockets(server, { heartbeatMs: 60_000, connectionsMax: 10, protocols: ['graphql-transport-ws'], endpoints: { '/graphql': endpoint } })
  scope.defer(() => sockets.stop())
  return { hub, url: `ws://127.0.0.1:${port}/graphql`, port, users }
}

function dial(url: string, connectionParams: Record<string, unknown> | undefined): Client {
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, ...(connectionParams === undefined ? {} : { connectionParams }) })
  scope.defer(() => void client.dispose())
  return client
}

interface Received {
  readonly data: Record<string, unknown>[]
  readonly ended: Promise<unknown>
  unsubscribe(): void
}

/** Subscribes, and waits until the service listens. */
async function subscribe({ hub }: Served, client: Client, query: string): Promise<Received> {
  const before = hub.size
  const data: Record<string, unknown>[] = []
  const { promise: ended, resolve } = Promise.withResolvers<unknown>()
  const unsubscribe = client.subscribe(
    { query },
    { next: ({ data: given, errors }) => void (errors === undefined ? data.push(given as Record<string, unknown>) : resolve(errors)), error: resolve, complete: () => resolve(undefined) },
  )
  let over = false
  void ended.then(() => (over = true))
  await until(() => over || hub.size > before)
  return { data, ended, unsubscribe }
}

function aRecord<Data>(contract: EventContract<Data>, tenantid: string, data: Data): InboundRecord {
  const event = buildEvent(contract, { id: 'record', subject: 'viewer-1', time: '2026-01-01T00:00:00.000Z', tenantid, data })
  return { topic: contract.topic, partition: 0, offset: 0n, timestampMs: 0, key: recordKeyOf(event), value: Buffer.from(JSON.stringify(event)), headers: {} }
}

const aViolation = (tenant: string, id: string) =>
  aRecord(violationOpened, tenant, { violationId: id, rule: 'r', regulation: 'g', citation: 'Art. 1', severity: 'high', message: 'm', openedAt: '2026-01-01T00:00:00.000Z', eventId: `event-of-${id}` })

const aScored = (id: string, score: number) =>
  aRecord(eventScored, 'acme', {
    event: { id, source: '/s', type: 't', time: '2026-01-01T00:00:00Z', data: {} },
    receivedAt: '2026-01-01T00:00:00Z',
    ruleSetVersion: '1',
    findings: [],
    risk: { score, factors: [{ name: 'errorRate', value: 1, contribution: score }], modelVersion: 'm' },
  })

const violations = 'subscription { violationOpened { id rule severity event { id } } }'
const ofAcme = { 'x-api-key': 'key-of-acme' }

test("a subscriber sees its tenant's violations as they open, and no other's", async () => {
  const served = await serve()
  const { data } = await subscribe(served, dial(served.url, ofAcme), violations)
  served.hub.offer(aViolation('globex', 'not-mine'))
  const changed = { rule: 'r', regulation: 'g', citation: 'Art. 1', severity: 'high', message: 'm', isOngoing: true, openedAt: '2026-01-01T00:00:00.000Z', version: 2 } as const
  served.hub.offer(aRecord(violationChanged, 'acme', { ...changed, violationId: 'older', change: 'resolved', status: 'resolved', changedAt: '2026-01-01T00:00:00.000Z' }))
  served.hub.offer(aViolation('acme', 'mine'))
  await until(() => data.length > 0)
  expect(data).toEqual([{ violationOpened: { id: 'mine', rule: 'r', severity: 'high', event: { id: 'event-of-mine' } } }])
})

test('events come with their findings and risk, and only those that are risky enough when a bound is named', async () => {
  const served = await serve()
  const { data } = await subscribe(served, dial(served.url, ofAcme), 'subscription { eventScored(riskMin: 0.5) { id type subject { id } findings { rule } risk { score factors { name contribution } } } }')
  for (const [id, score] of [['low', 0.49], ['high', 0.5]] as const) served.hub.offer(aScored(id, score))
  await until(() => data.length > 0)
  expect(data).toEqual([{ eventScored: { id: 'high', type: 't', subject: { id: 'viewer-1' }, findings: [], risk: { score: 0.5, factors: [{ name: 'errorRate', contribution: 0.5 }] } } }])
})

test('alerts tell of which violation they are', async () => {
  const served = await serve()
  const { data } = await subscribe(served, dial(served.url, ofAcme), 'subscription { alertChanged { id violationId status } }')
  served.hub.offer(aRecord(alertChanged, 'acme', { alertId: 'a', violationId: 'v', rule: 'r', severity: 'low', status: 'resolved' }))
  await until(() => data.length > 0)
  expect(data).toEqual([{ alertChanged: { id: 'a', violationId: 'v', status: 'resolved' } }])
})

test('all events are read only while a subscription wants them', async () => {
  const served = await serve()
  const client = dial(served.url, ofAcme)
  await subscribe(served, client, violations)
  expect(served.users()).toBe(0)
  const { unsubscribe } = await subscribe(served, client, 'subscription { eventScored { id } }')
  expect([served.users(), served.hub.size]).toEqual([1, 2])
  unsubscribe()
  await until(() => served.hub.size === 1)
  expect(served.users()).toBe(0)
})

test('a connection that breaks leaves nothing behind', async () => {
  const served = await serve()
  const client = dial(served.url, ofAcme)
  await subscribe(served, client, 'subscription { eventScored { id } }')
  client.terminate()
  await until(() => served.hub.size === 0 && served.users() === 0)
})

test('what passes while nothing is asked waits in order', async () => {
  const served = await serve()
  const { data } = await subscribe(served, dial(served.url, ofAcme), violations)
  const ids = Array.from({ length: 50 }, (_, n) => `v-${n}`)
  for (const id of ids) served.hub.offer(aViolation('acme', id))
  await until(() => data.length === ids.length)
  expect(data.map(({ violationOpened: seen }) => (seen as { id: string }).id)).toEqual(ids)
})

test.each([[undefined], [{}], [{ 'x-api-key': 'wrong' }], [{ authorization: 'Bearer wrong' }], [{ 'x-api-key': 7 }]])('with %j for a key the connection is refused (4403)', async (params) => {
  const served = await serve()
  const { ended } = await subscribe(served, dial(served.url, params), violations)
  expect(await ended).toMatchObject({ code: 4403 })
  expect(served.hub.size).toBe(0)
})

test('a key may also come as a bearer token, or with the upgrade', async () => {
  const served = await serve()
  await subscribe(served, dial(served.url, { Authorization: 'Bearer key-of-acme' }), violations)
  expect(served.hub.size).toBe(1)
  const withHeader = class extends WebSocket {
    constructor(url: string, protocols: string | string[]) {
      super(url, protocols, { headers: { 'x-api-key': 'key-of-globex' } })
    }
  }
  const client = createClient({ url: served.url, webSocketImpl: withHeader, retryAttempts: 0, connectionParams: ofAcme })
  scope.defer(() => void client.dispose())
  const { data } = await subscribe(served, client, violations)
  served.hub.offer(aViolation('globex', 'g'))
  served.hub.offer(aViolation('acme', 'a'))
  await until(() => data.length > 0)
  expect(data).toMatchObject([{ violationOpened: { id: 'g' } }])
})

test('more subscriptions than allowed are refused, and the others stay', async () => {
  const served = await serve()
  const client = dial(served.url, ofAcme)
  for (let n = 0; n < 3; n++) await subscribe(served, client, violations)
  const { ended } = await subscribe(served, client, violations)
  expect(await ended).toEqual([{ message: 'a connection has 3 subscriptions at most' }])
  expect(served.hub.size).toBe(3)
})

test.each(['{ nothing', 'subscription { nothing }', `subscription { violationOpened { id } } # ${'x'.repeat(10_000)}`])('what is no valid subscription is refused with its reason: %.40s', async (query) => {
  const served = await serve()
  const { ended } = await subscribe(served, dial(served.url, ofAcme), query)
  expect(await ended).toBeDefined()
  expect(served.hub.size).toBe(0)
})

test('another protocol is refused', async () => {
  const { url } = await serve()
  const socket = new WebSocket(url, 'graphql-ws')
  const closed = await new Promise<number>((resolve, reject) => socket.on('close', resolve).on('error', reject)).catch(() => 'refused')
  expect([4406, 'refused']).toContain(closed)
})
