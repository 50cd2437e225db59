import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { hashApiKey } from '@ott/auth/api-key'
import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { tenantConfigured } from '@ott/contracts/tenant-configured'
import { createMemoryBus } from '@ott/pipeline/memory-bus'
import { startService } from '@ott/service/define-service'
import { readSettings } from '@ott/service/settings'
import { router } from './service.ts'

let scope: AsyncDisposableStack
beforeEach(() => {
  scope = new AsyncDisposableStack()
})
afterEach(() => scope.disposeAsync())

interface Asked {
  readonly headers: IncomingHttpHeaders
  readonly query: string
}

/** A subgraph that answers every question alike, and remembers them. */
async function aSubgraph(answer: (body: { query: string }) => object, status = 200) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const body = JSON.parse(text) as { query: string }
      asked.push({ headers: request.headers, query: body.query })
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer(body)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.defer(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => void server.close(() => resolve()))
  })
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql` }
}

async function start(environment: Record<string, string>) {
  const bus = createMemoryBus()
  await bus.createTopics([{ name: tenantConfigured.topic, compacted: true, retentionMs: 1 }], 1)
  const data = { tenantId: 'acme', name: 'Acme', apiKeys: [{ id: 'key-1', sha256: hashApiKey('k') }], riskThreshold: 1, ignoredEventTypes: [] }
  const event = buildEvent(tenantConfigured, { id: '1', subject: 'acme', time: '2026-01-01T00:00:00Z', tenantid: 'acme', data })
  await bus.publish([{ topic: tenantConfigured.topic, key: recordKeyOf(event), value: JSON.stringify(event), headers: {} }])
  const settings = readSettings(router.settings, { PORT: '0', KAFKA_BROKERS: 'nowhere:1', LOG_LEVEL: 'fatal', SUBGRAPH_TIMEOUT_MS: '500', ...environment })
  const running = await startService(router, settings, async () => bus)
  scope.defer(() => running.stop())
  const ask = async (query: string, headers: Record<string, string> = { 'x-api-key': 'k' }) => {
    const answer = await fetch(`http://127.0.0.1:${running.port}/graphql`, { method: 'POST', body: JSON.stringify({ query }), headers: { 'content-type': 'application/json', ...headers } })
    return { status: answer.status, body: (await answer.json()) as { data?: unknown; errors?: { message: string; path?: unknown; extensions?: object }[] } }
  }
  return { running, ask }
}

const gone = 'http://127.0.0.1:1/graphql'
const anEvent = () => ({ data: { event: { __typename: 'Event', id: 'e', outcome: 'processed' } } })

test("a subgraph gets the caller's credential and trace, and nothing else that the caller sent", async () => {
  const violation = await aSubgraph(anEvent)
  const { ask } = await start({ SUBGRAPH_VIOLATION_URL: violation.url })
  const traceparent = '00-11111111111111111111111111111111-2222222222222222-01'
  const { body } = await ask('{ event(id: "e") { id outcome } }', { 'x-api-key': 'k', traceparent, 'x-request-id': 'r-1', cookie: 'c=1', 'x-consumer-username': 'premium' })
  expect(body).toEqual({ data: { event: { id: 'e', outcome: 'processed' } } })
  expect(violation.asked).toHaveLength(1)
  expect(violation.asked[0]?.headers).toMatchObject({ 'x-api-key': 'k', traceparent, 'x-request-id': 'r-1' })
  expect(violation.asked[0]?.headers).not.toHaveProperty('cookie')
  expect(violation.asked[0]?.headers).not.toHaveProperty('x-consumer-username')
})

test.each([
  ['is away', async () => gone],
  ['fails', async () => (await aSubgraph(() => ({ errors: [{ message: 'connect 10.0.0.7' }] }), 500)).url],
])('when a subgraph %s its fields are null, the rest is answered, and no address is told', async (_what, compliance) => {
  const violation = await aSubgraph(anEvent)
  const { ask } = await start({ SUBGRAPH_VIOLATION_URL: violation.url, SUBGRAPH_COMPLIANCE_URL: await compliance() })
  const { status, body } = await ask('{ event(id: "e") { id findings { rule } } }')
  expect(status).toBe(200)
  expect(body.data).toEqual({ event: { id: 'e', findings: null } })
  expect(body.errors?.[0]?.extensions).toEqual({ code: expect.stringMatching(/^(UNAVAILABLE|INTERNAL_SERVER_ERROR)$/) })
  expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|10\.0\.0\.7|localhost/)
})

test('one that does not answer in time is not waited for longer', async () => {
  const server = createServer(() => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const violation = await aSubgraph(anEvent)
  const { ask } = await start({ SUBGRAPH_VIOLATION_URL: violation.url, SUBGRAPH_COMPLIANCE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql` })
  const { body } = await ask('{ event(id: "e") { id findings { rule } } }')
  expect(body).toMatchObject({ data: { event: { findings: null } }, errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
})

test.each([
  ['that costs too much', '{ violations(first: 100) { nodes { evidence { event { violations { evidence { event { id } } } } } } } }'],
  ['that is too deep', `{ event(id: "e") { ${'violations { event { '.repeat(6)}id${' } }'.repeat(6)} } }`],
  ['of very many aliases', `{ ${Array.from({ length: 40 }, (_, n) => `a${n}: event(id: "${n}") { id }`).join(' ')} }`],
  ['about the schema', '{ __schema { types { name } } }'],
])('a query %s is refused before a subgraph is asked', async (_what, query) => {
  const violation = await aSubgraph(anEvent)
  const { ask } = await start({ SUBGRAPH_VIOLATION_URL: violation.url })
  const { body } = await ask(query)
  expect(body.errors).not.toEqual([])
  expect(body.errors).toBeDefined()
  expect(violation.asked).toEqual([])
})

test('without a valid key nothing is asked of a subgraph', async () => {
  const violation = await aSubgraph(anEvent)
  const { ask } = await start({ SUBGRAPH_VIOLATION_URL: violation.url })
  expect((await ask('{ event(id: "e") { id } }', { 'x-api-key': 'wrong' })).status).toBe(401)
  expect(violation.asked).toEqual([])
})

test('the explorer is there only when it is switched on', async () => {
  for (const [explorer, status] of [['false', 404], ['true', 200]] as const) {
    const { running } = await start({ GRAPHQL_EXPLORER: explorer })
    expect((await fetch(`http://127.0.0.1:${running.port}/explorer/`)).status).toBe(status)
  }
})

test('it tells its maker nothing', async () => {
  await start({})
  expect(process.env['APOLLO_TELEMETRY_DISABLED']).toBe('true')
})
