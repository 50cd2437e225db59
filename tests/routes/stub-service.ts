import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

/** What a stub received, as it answers or, over a WebSocket, first sends. */
export interface Received {
  readonly service: string
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface StubService {
  readonly port: number
  stop(): Promise<void>
}

/**
 * Stands in for one service on a free port: refuses callers without a key as the services do, but for what is open, and tells
 * the others what it received. WebSockets are told the same and then echoed; a stream of events begins with it and never ends.
 */
export async function startStubService(service: string): Promise<StubService> {
  const server = createServer((request, response) => {
    const body: Buffer[] = []
    request.on('data', (chunk: Buffer) => body.push(chunk))
    request.on('end', () => {
      if (request.url === '/readyz') return void response.end('{}')
      const allowed = hasKey(request) || isOpen(request)
      if (allowed && request.url === '/v1/stream/sse') {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        return void response.write(`data: ${JSON.stringify(received(request, Buffer.alloc(0)))}\n\n`)
      }
      response.writeHead(allowed ? 200 : 401, { 'content-type': allowed ? 'application/json' : 'application/problem+json' })
      response.end(JSON.stringify(allowed ? received(request, Buffer.concat(body)) : unauthenticated))
    })
  })
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) => {
    if (!hasKey(request) && !isOpen(request)) {
      const body = JSON.stringify(unauthenticated)
      const headers = `content-type: application/problem+json\r\ncontent-length: ${body.length}\r\nconnection: close`
      return void socket.end(`HTTP/1.1 401 Unauthorized\r\n${headers}\r\n\r\n${body}`)
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.send(JSON.stringify(received(request, Buffer.alloc(0))))
      client.on('message', (data, binary) => client.send(data, { binary }))
    })
  })

  function received(request: IncomingMessage, body: Buffer): Received {
    return { service, method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: body.toString() }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

const unauthenticated = { type: 'urn:ott:problem:unauthenticated', title: 'Unauthorized', status: 401, detail: 'A key is needed.' }

function isOpen({ url = '', headers }: IncomingMessage): boolean {
  return /^\/(\?.*|assets\/.*|favicon\.svg)?$/.test(url) || (url === '/graphql' && headers.upgrade !== undefined)
}

function hasKey(request: IncomingMessage): boolean {
  return request.headers['x-api-key'] !== undefined || request.headers.authorization !== undefined
}
