import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { InboundRecord } from '@ott/pipeline/record'
import { WebSocket, type RawData } from 'ws'
import { channels } from './channels.ts'
import { createSocketHub, type SocketHub } from './socket-hub.ts'
import { serveSockets, type SocketServerOptions } from './socket-server.ts'
import { streamEndpoint } from './stream-socket.ts'
import { aServer, countedEvents, directory, until } from '../test/socket-fixture.ts'


let scope: AsyncDisposableStack
beforeEach(() => {
  scope = new AsyncDisposableStack()
})
afterEach(() => scope.disposeAsync())

interface Served {
  readonly hub: SocketHub
  readonly url: string
  readonly port: number
  /** Clients that made all events be read. */
  users(): number
  stop(): Promise<void>
}

async function serve(options: Partial<SocketServerOptions> = {}): Promise<Served> {
  const hub = createSocketHub()
  const { server, port } = await aServer(scope)
  const { everyEvent, users } = countedEvents()
  const endpoints = { '/v1/stream': streamEndpoint({ directory, hub, everyEvent }) }
  const stream = serveSockets(server, { heartbeatMs: 60_000, connectionsMax: 10, protocols: [], endpoints, ...options })
  scope.defer(() => stream.stop())
  return { hub, port, url: `ws://127.0.0.1:${port}/v1/stream`, users, stop: () => stream.stop() }
}

function dial(url: string, key: string | undefined, options: object = {}): WebSocket {
  const socket = new WebSocket(url, { headers: key === undefined ? {} : { 'x-api-key': key }, ...options })
  scope.defer(() => socket.terminate())
  return socket
}

async function open(url: string, key: string, options: object = {}): Promise<{ socket: WebSocket; messages: string[] }> {
  const socket = dial(url, key, options)
  const messages: string[] = []
  socket.on('message', (data: RawData) => messages.push(String(data)))
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return { socket, messages }
}

/** Status and problem of a handshake that was refused. */
function refusal(url: string, key: string | undefined): Promise<[number | undefined, { code: string }]> {
  const socket = dial(url, key)
  return new Promise((resolve, reject) => {
    socket.on('open', () => reject(new Error('the connection was opened')))
    socket.on('error', () => undefined)
    socket.on('unexpected-response', (_request, response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve([response.statusCode, JSON.parse(body) as { code: string }]))
    })
  })
}

function aRecord(tenant: string, topic = 'violations.v1', id = 'e'): InboundRecord {
  return { topic, partition: 0, offset: 0n, timestampMs: 0, key: `${tenant}:v`, value: Buffer.from(JSON.stringify({ id })), headers: {} }
}

test.each([undefined, '', 'wrong', 'key-of-acm'])('key %j is answered with 401 and a problem, and no connection', async (key) => {
  const { url, hub } = await serve()
  expect(await refusal(url, key)).toEqual([401, expect.objectContaining({ code: 'unauthenticated' })])
  expect(hub.size).toBe(0)
})

test.each(['violation', 'violations,events', '__proto__', 'constructor'])('channels=%s is answered with 400 naming the parameter', async (asked) => {
  const { url } = await serve()
  expect(await refusal(`${url}?channels=${asked}`, 'key-of-acme')).toEqual([400, expect.objectContaining({ detail: expect.stringContaining('channels: must be among accepted, scored') })])
})

test('another address is answered with 404', async () => {
  const { url } = await serve()
  expect(await refusal(`${url}s`, 'key-of-acme')).toEqual([404, expect.objectContaining({ code: 'not-found' })])
})

test.each(['//', 'http://', '/v1/stream?channels=%', '*'])('the request target %s does not end the process', async (target) => {
  const { port, url } = await serve()
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`))
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString())).on('close', () => resolve(text))
  })
  expect(answer).toMatch(/^HTTP\/1\.1 40[014]/)
  await open(url, 'key-of-acme')
})

test('each client sees its own tenant, in the order of the records', async () => {
  const { url, hub } = await serve()
  const [acme, globex] = [await open(url, 'key-of-acme'), await open(url, 'key-of-globex')]
  for (const id of ['1', '2', '3']) hub.offer(aRecord('acme', 'violations.v1', id))
  hub.offer(aRecord('globex', 'violations.v1', 'g'))
  await until(() => acme.messages.length === 3 && globex.messages.length === 1)
  expect(acme.messages.map((text) => (JSON.parse(text) as { event: { id: string } }).event.id)).toEqual(['1', '2', '3'])
  expect(JSON.parse(globex.messages[0] ?? '')).toEqual({ topic: 'violations.v1', event: { id: 'g' } })
})

test('a client gets the channels it named and no others', async () => {
  const { url, hub } = await serve()
  const client = await open(`${url}?channels=alerts,violations`, 'key-of-acme')
  for (const topic of Object.values(channels)) hub.offer(aRecord('acme', topic))
  await until(() => client.messages.length === 2)
  expect(client.messages.map((text) => (JSON.parse(text) as { topic: string }).topic)).toEqual(['violations.v1', 'alerts.v1'])
})

test('all events are read only while somebody wants them', async () => {
  const { url, hub, users } = await serve()
  await open(`${url}?channels=alerts`, 'key-of-acme')
  expect(users()).toBe(0)
  const { socket } = await open(`${url}?channels=scored`, 'key-of-acme')
  expect(users()).toBe(1)
  socket.close()
  await until(() => hub.size === 1)
  expect(users()).toBe(0)
})

test('a handshake that can not be finished does not keep all events being read', async () => {
  const { port, users } = await serve()
  await new Promise((resolve) => {
    const request = 'GET /v1/stream HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nx-api-key: key-of-acme\r\n\r\n'
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.resume().on('close', resolve)
  })
  await until(() => users() === 0)
})

test('a client that does not answer the heartbeat is ended; one that does stays', async () => {
  const { url, hub } = await serve({ heartbeatMs: 100 })
  const silent = await open(url, 'key-of-acme', { autoPong: false })
  const lively = await open(url, 'key-of-acme')
  await new Promise((resolve) => silent.socket.once('close', resolve))
  await until(() => hub.size === 1)
  expect(lively.socket.readyState).toBe(WebSocket.OPEN)
})

test('a client that sends more than a little is ended, and what it says is ignored', async () => {
  const { url, hub } = await serve()
  const { socket, messages } = await open(url, 'key-of-acme')
  socket.send('hello')
  socket.send('x'.repeat(20_000))
  await new Promise((resolve) => socket.once('close', resolve))
  await until(() => hub.size === 0)
  expect(messages).toEqual([])
})

test('beyond the limit of connections a client is told when to come back', async () => {
  const { url } = await serve({ connectionsMax: 1 })
  await open(url, 'key-of-acme')
  expect(await refusal(url, 'key-of-acme')).toEqual([503, expect.objectContaining({ code: 'unavailable' })])
})

test('stopping tells the clients', async () => {
  const { url, stop } = await serve()
  const { socket } = await open(url, 'key-of-acme')
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await stop()
  expect(await closed).toBe(1001)
})
