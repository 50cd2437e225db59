import { afterEach, describe, expect, test } from '@jest/globals'
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { stringify } from 'yaml'
import { startEdge, type Edge } from './edge.ts'
import { parseKongDeclaration } from './kong-declaration.ts'

type Changes = Record<string, number>
type Handler = Parameters<typeof createServer>[1]

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** An edge before one service, which answers as `handler` says; without a handler nothing listens there. */
async function edgeBefore(handler: Handler | undefined, changes: Changes = {}, stopGraceMs = 3_000) {
  const logged: unknown[][] = []
  const service = await listening(createServer(handler))
  if (handler === undefined) await closed(service)
  const { port } = service.address() ?? { port: 1 }
  const timeouts = { connect_timeout: 2_000, read_timeout: 5_000, write_timeout: 5_000, retries: 0, ...changes }
  const routes = [{ name: 'things', protocols: ['http'], methods: ['GET', 'POST'], paths: ['~/v1/things$'], strip_path: false }]
  const declaration = parseKongDeclaration(
    stringify({
      _format_version: '3.0',
      plugins: [{ name: 'correlation-id', config: { header_name: 'X-Request-ID', generator: 'uuid', echo_downstream: true } }],
      services: [{ name: 'things', protocol: 'http', host: 'things', port: 8199, ...timeouts, routes }],
    }),
  )
  const edge = await startEdge({
    declaration,
    port: 0,
    host: '127.0.0.1',
    addressOf: () => ({ host: '127.0.0.1', port }),
    log: (...line) => logged.push(line),
    stopGraceMs,
  })
  cleanUps.push(() => edge.stop())
  return { edge, logged, service: service.server }
}

async function listening(server: Server) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = (server.address() as AddressInfo).port
  cleanUps.push(() => closed({ server }))
  return { server, address: () => ({ port }) }
}

function closed({ server }: { server: Server }) {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
}

interface AskOptions {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

function ask(edge: Edge, path: string, options: AskOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(edge.url, { path, method: options.method ?? 'GET', headers: options.headers ?? {}, agent: false }, (answer) => {
      read(answer).then((body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }), reject)
    })
    asked.on('error', reject).end(options.body)
  })
}

async function read(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function upgrade(edge: Edge, headers: Record<string, string> = {}): Promise<{ answer: IncomingMessage; socket: Socket | undefined }> {
  return new Promise((resolve, reject) => {
    const wish = { connection: 'Upgrade', upgrade: 'websocket' }
    const asked = request(edge.url, { path: '/v1/things', agent: false, headers: { ...wish, ...headers } })
    asked.on('upgrade', (answer, socket: Socket) => {
      cleanUps.push(() => socket.destroy())
      resolve({ answer, socket })
    })
    asked.on('response', (answer) => resolve({ answer, socket: undefined }))
    asked.on('error', reject).end()
  })
}

/** Turns every upgrade into an echo. */
function echoUpgrades(service: Server) {
  const sockets: Socket[] = []
  service.on('upgrade', (_request, socket: Socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    socket.pipe(socket)
  })
  return sockets
}

async function gone(socket: Socket | undefined): Promise<void> {
  if (socket !== undefined) await new Promise((resolve) => socket.once('close', resolve).resume())
}

const problemJson = { 'content-type': 'application/problem+json' }
const mine = { 'x-request-id': 'mine' }

describe('a request id', () => {
  test('is made when the caller sends none, given to the service and echoed', async () => {
    const { edge } = await edgeBefore((asked, answer) => void answer.end(asked.headers['x-request-id']))
    const { headers, body } = await ask(edge, '/v1/things')
    expect(body).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers['x-request-id']).toBe(body)
  })

  test('is kept when the caller sends one, whatever the service answers with', async () => {
    const { edge } = await edgeBefore((asked, answer) => void answer.setHeader('x-request-id', 'other').end(asked.headers['x-request-id']))
    expect(await ask(edge, '/v1/things', { headers: mine })).toMatchObject({ body: 'mine', headers: mine })
  })

  test('is echoed when no route takes the request', async () => {
    const { edge } = await edgeBefore(undefined)
    expect(await ask(edge, '/nowhere', { headers: mine })).toMatchObject({ status: 404, headers: mine })
  })
})

describe('bodies', () => {
  test('arrive whole and unchanged in both directions, sized or chunked', async () => {
    const { edge } = await edgeBefore((asked, answer) => void read(asked).then((body) => answer.end(body)))
    const body = 'é"\\\n'.repeat(250_000)
    const sized = await ask(edge, '/v1/things', { method: 'POST', body, headers: { 'content-length': String(Buffer.byteLength(body)) } })
    const chunked = await ask(edge, '/v1/things', { method: 'POST', body, headers: { 'transfer-encoding': 'chunked' } })
    expect(sized.body === body && chunked.body === body).toBe(true)
  })

  test('are passed on while they are still coming', async () => {
    const { edge } = await edgeBefore((_asked, answer) => {
      answer.write('first')
      cleanUps.push(() => answer.end())
    })
    const asked = request(edge.url, { path: '/v1/things', agent: false })
    cleanUps.push(() => asked.destroy())
    asked.on('error', () => {}).end()
    const first = await new Promise<Buffer>((resolve) => asked.on('response', (answer) => answer.once('data', resolve)))
    expect(first.toString()).toBe('first')
  })

  test('that a service refuses before reading them still get its answer', async () => {
    const { edge } = await edgeBefore((_asked, answer) => void answer.writeHead(413, problemJson).end('{}'))
    expect(await ask(edge, '/v1/things', { method: 'POST', body: 'x'.repeat(2_000_000) })).toMatchObject({ status: 413, body: '{}' })
  })
})

describe('when the service fails', () => {
  test('one that is not there gives 503 to retry, as problem details, and a log line without path or headers', async () => {
    const { edge, logged } = await edgeBefore(undefined)
    const secrets = { body: 'secret', headers: { 'x-api-key': 'secret' } }
    const { status, headers, body } = await ask(edge, '/v1/things?viewer=ann', { method: 'POST', ...secrets })
    expect(status).toBe(503)
    expect(JSON.parse(body)).toEqual({
      type: 'urn:ott:problem:upstream-unavailable',
      title: 'Service Unavailable',
      status: 503,
      code: 'upstream-unavailable',
      detail: "The things service can't be reached.",
    })
    expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '1' })
    const fields = { upstream: 'things', route: 'things', status: 503, code: 'ECONNREFUSED', leftOut: 0 }
    expect(logged.at(-1)).toEqual(['error', 'upstream failed', fields])
    expect(JSON.stringify(logged)).not.toMatch(/secret|ann/)
  })

  test('one that hangs up gives 502', async () => {
    const { edge } = await edgeBefore((asked) => void asked.socket.destroy())
    expect(await ask(edge, '/v1/things')).toMatchObject({ status: 502, headers: { 'retry-after': '1' } })
  })

  test('one that stays silent for its read_timeout gives 504', async () => {
    const { edge } = await edgeBefore(() => {}, { read_timeout: 100, write_timeout: 100 })
    expect(await ask(edge, '/v1/things')).toMatchObject({ status: 504 })
  })

  test('one that dies within its answer cuts the connection, since half an answer is no answer', async () => {
    const { edge } = await edgeBefore((asked, answer) => {
      answer.writeHead(200, { 'content-length': '10' }).write('half', () => asked.socket.destroy())
    })
    await expect(ask(edge, '/v1/things')).rejects.toThrow(/aborted|hang up|ECONNRESET/)
  })

  test('it is asked again by the next request', async () => {
    let asked = 0
    const { edge } = await edgeBefore((incoming, answer) => {
      asked += 1
      return asked === 1 ? void incoming.socket.destroy() : void answer.end('back')
    })
    expect((await ask(edge, '/v1/things')).status).toBe(502)
    expect((await ask(edge, '/v1/things')).body).toBe('back')
  })
})

describe('connections', () => {
  test('to the service are kept from one request to the next, even for callers who close theirs', async () => {
    const ports = new Set<number | undefined>()
    const { edge } = await edgeBefore((asked, answer) => {
      ports.add(asked.socket.remotePort)
      answer.end()
    })
    for (let n = 0; n < 5; n += 1) {
      expect((await ask(edge, '/v1/things', { headers: { connection: 'close' } })).headers.connection).toBe('close')
    }
    expect(ports.size).toBe(1)
  })

  test('a caller who goes away ends the work of the service', async () => {
    const ended = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const { edge } = await edgeBefore((_asked, answer) => {
      answer.on('close', ended.resolve)
      begun.resolve()
    })
    const asked = request(edge.url, { path: '/v1/things', agent: false }).on('error', () => {})
    asked.end()
    await begun.promise
    asked.destroy()
    await ended.promise
  })

  test('a request to upgrade to something else than a WebSocket is an ordinary request', async () => {
    const { edge } = await edgeBefore((asked, answer) => void answer.end(String(asked.headers.upgrade)))
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c' }
    expect(await ask(edge, '/v1/things', { headers })).toMatchObject({ status: 200, body: 'undefined' })
  })

  test('what is no HTTP at all gets 400 and leaves the edge serving', async () => {
    const { edge } = await edgeBefore((_asked, answer) => void answer.end('ok'))
    const socket = connect(Number(new URL(edge.url).port), '127.0.0.1', () => socket.write('\u0000\u0001 nonsense\r\n\r\n'))
    const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /)
    expect((await ask(edge, '/v1/things')).body).toBe('ok')
  })
})

describe('WebSockets', () => {
  test('are passed through both ways, and the handshake echoes the request id', async () => {
    const { edge, service } = await edgeBefore(() => {})
    echoUpgrades(service)
    const { answer, socket } = await upgrade(edge, { 'x-request-id': 'mine' })
    expect(answer).toMatchObject({ statusCode: 101, headers: { 'x-request-id': 'mine' } })
    const echo = new Promise<Buffer>((resolve) => socket?.once('data', resolve))
    socket?.write('hello')
    expect((await echo).toString()).toBe('hello')
  })

  test('that the service refuses get its answer', async () => {
    const { edge } = await edgeBefore((_asked, answer) => void answer.writeHead(401, problemJson).end('{}'))
    const { answer } = await upgrade(edge, { 'x-request-id': 'mine' })
    expect(answer).toMatchObject({ statusCode: 401, headers: { 'content-type': 'application/problem+json', 'x-request-id': 'mine' } })
    expect(await read(answer)).toBe('{}')
  })

  test('to a service that is not there get 503 as problem details', async () => {
    const { edge } = await edgeBefore(undefined)
    const { answer } = await upgrade(edge)
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'content-type': 'application/problem+json', 'retry-after': '1' } })
    expect(JSON.parse(await read(answer))).toMatchObject({ status: 503 })
  })

  test('end when the service goes, when the caller goes, and when nothing was said for read_timeout', async () => {
    const { edge, service } = await edgeBefore(() => {}, { read_timeout: 300, write_timeout: 300 })
    const ends = echoUpgrades(service)
    const first = await upgrade(edge)
    ends[0]?.resetAndDestroy()
    await gone(first.socket)
    const second = await upgrade(edge)
    second.socket?.destroy()
    await gone(ends[1])
    const third = await upgrade(edge)
    await Promise.all([gone(third.socket), gone(ends[2])])
  })
})

describe('stopping', () => {
  test('lets a request in work finish and refuses new ones', async () => {
    const release = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const { edge } = await edgeBefore((_asked, answer) => {
      begun.resolve()
      void release.promise.then(() => answer.end('done'))
    })
    const answer = ask(edge, '/v1/things')
    await begun.promise
    const stopped = edge.stop()
    await expect(ask(edge, '/v1/things')).rejects.toThrow('ECONNREFUSED')
    release.resolve()
    expect((await answer).body).toBe('done')
    await stopped
  })

  test('cuts what does not finish in time, and sockets at once', async () => {
    const { edge, service } = await edgeBefore(() => {}, {}, 100)
    echoUpgrades(service)
    const answer = ask(edge, '/v1/things')
    const cut = expect(answer).rejects.toThrow(/hang up|ECONNRESET/)
    const { socket } = await upgrade(edge)
    await Promise.all([edge.stop(), gone(socket), cut])
  })
})

test('the edge tells that it is up without asking any service, and only at these two paths', async () => {
  const { edge } = await edgeBefore(undefined)
  for (const path of ['/healthz', '/readyz']) expect((await ask(edge, path)).status).toBe(200)
  for (const path of ['/healthz/', '/HEALTHZ', '/metrics']) expect((await ask(edge, path)).status).toBe(404)
})
