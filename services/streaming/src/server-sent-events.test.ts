import { request, type IncomingMessage } from 'node:http'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Problem } from '@ott/http/problem'
import type { InboundRecord } from '@ott/pipeline/record'
import { createServerSentEvents } from './server-sent-events.ts'
import { bufferedBytesMax, createSocketHub } from './socket-hub.ts'
import { aServer, countedEvents, until } from '../test/socket-fixture.ts'

let scope: AsyncDisposableStack
beforeEach(() => {
  scope = new AsyncDisposableStack()
})
afterEach(() => scope.disposeAsync())

/** A server that answers every request with the events of acme. */
async function serve({ heartbeatMs = 60_000, connectionsMax = 10 } = {}) {
  const hub = createSocketHub()
  const { everyEvent, users } = countedEvents()
  const sse = createServerSentEvents({ hub, everyEvent, heartbeatMs, connectionsMax })
  const { port } = await aServer(scope, (asked, answer) => {
    const channels = new URL(asked.url ?? '/', 'http://x').searchParams.get('channels') ?? undefined
    sse.open(answer, 'acme', channels).catch((problem: Problem) => answer.writeHead(problem.status).end(problem.message))
  })
  scope.defer(() => sse.stop())
  return { hub, users, url: `http://127.0.0.1:${port}/` }
}

async function open(url: string): Promise<{ answer: IncomingMessage; text: () => string }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => request(url, { agent: false }, resolve).on('error', reject).end())
  let text = ''
  answer.on('data', (chunk: Buffer) => (text += chunk.toString())).on('error', () => undefined)
  scope.defer(() => void answer.destroy())
  return { answer, text: () => text }
}

function aRecord(tenant: string, topic: string, id: string, size = 0): InboundRecord {
  const value = Buffer.from(JSON.stringify({ id, filler: 'x'.repeat(size) }))
  return { topic, partition: 0, offset: 0n, timestampMs: 0, key: `${tenant}:v`, value, headers: {} }
}

test("a client gets its tenant's events as they pass, each named after its channel", async () => {
  const { url, hub } = await serve()
  const { answer, text } = await open(url)
  expect(answer.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, no-transform' })
  hub.offer(aRecord('globex', 'violations.v1', 'not-mine'))
  hub.offer(aRecord('acme', 'violations.v1', 'one'))
  hub.offer(aRecord('acme', 'alerts.v1', 'two'))
  await until(() => text().includes('two'))
  expect(text().replaceAll(',"filler":""', '')).toBe(
    ': connected\n\nevent: violations\ndata: {"topic":"violations.v1","event":{"id":"one"}}\n\nevent: alerts\ndata: {"topic":"alerts.v1","event":{"id":"two"}}\n\n',
  )
})

test('all events are read only while a client wants them', async () => {
  const { url, users, hub } = await serve()
  await open(`${url}?channels=alerts`)
  expect(users()).toBe(0)
  const { answer } = await open(`${url}?channels=scored`)
  expect(users()).toBe(1)
  answer.destroy()
  await until(() => hub.size === 1)
  expect(users()).toBe(0)
})

test('a silent connection is kept alive by comments', async () => {
  const { url } = await serve({ heartbeatMs: 20 })
  const { text } = await open(url)
  await until(() => text().includes(': still here\n\n: still here'))
})

test('an unknown channel is refused by name, and so is one client too many', async () => {
  const { url } = await serve({ connectionsMax: 1 })
  const wrong = await open(`${url}?channels=nothing`)
  expect(wrong.answer.statusCode).toBe(400)
  await open(url)
  expect((await open(url)).answer.statusCode).toBe(503)
})

test('a client that reads too slowly is cut off', async () => {
  const { url, hub } = await serve()
  const { answer } = await open(url)
  answer.pause()
  await until(() => {
    if (hub.size > 0) hub.offer(aRecord('acme', 'violations.v1', 'big', bufferedBytesMax / 4))
    return hub.size === 0
  })
})
