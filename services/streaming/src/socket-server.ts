import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { Problem } from '@ott/http/problem'
import { WebSocketServer, type WebSocket } from 'ws'

export interface SocketServerOptions {
  /** How often a client is asked whether it is still there; one that doesn't answer in time is ended. */
  readonly heartbeatMs: number
  readonly connectionsMax: number
  /** Subprotocols spoken, by preference. */
  readonly protocols: readonly string[]
  readonly endpoints: Readonly<Record<string, Endpoint>>
}

/** What is behind one path. */
export interface Endpoint {
  /** Lets a request in or throws a Problem; resolves with what to do with the open socket. */
  admit(request: IncomingMessage, url: URL): Promise<Admission> | Admission
}

export interface Admission {
  open(client: WebSocket): void
  /** Called once, when the connection is gone or was never opened. */
  closed?(): void
}

/** The WebSocket side of the service's port. */
export interface SocketServer {
  /** Clients connected. */
  readonly size: number
  stop(): Promise<void>
}

/** Clients mostly listen: a subscription's text is the most they have to say. */
const payloadBytesMax = 16_384

/** Serves WebSocket upgrades of an HTTP server. What is refused is answered in HTTP, with problem details. */
export function serveSockets(server: Server, { heartbeatMs, connectionsMax, protocols, endpoints }: SocketServerOptions): SocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: payloadBytesMax,
    perMessageDeflate: false,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  })
  const alive = new WeakSet<WebSocket>()

  const admit = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    // `//` and the like are request targets that no URL can be made of.
    const url = URL.parse(request.url ?? '/', 'http://stream')
    const endpoint = url !== null && Object.hasOwn(endpoints, url.pathname) ? endpoints[url.pathname] : undefined
    if (url === null || endpoint === undefined) throw new Problem(404, 'not-found', 'no such address')
    if (sockets.clients.size >= connectionsMax) throw new Problem(503, 'unavailable', 'too many connections', { retryAfterSeconds: 5 })
    const { open, closed } = await endpoint.admit(request, url)
    if (socket.destroyed) return closed?.()
    // The connection's end, not the client's: a handshake that fails never becomes a client.
    if (closed !== undefined) socket.once('close', closed)
    sockets.handleUpgrade(request, socket, head, (client) => {
      alive.add(client)
      client.on('pong', () => alive.add(client))
      client.on('error', () => client.terminate())
      open(client)
    })
  }
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    admit(request, socket, head).catch((thrown: unknown) =>
      refuse(socket, thrown instanceof Problem ? thrown : new Problem(503, 'unavailable', 'the events can not be read at the moment', { retryAfterSeconds: 1 })),
    )
  })

  const heartbeat = setInterval(() => {
    for (const client of sockets.clients) {
      if (!alive.delete(client)) client.terminate()
      else client.ping()
    }
  }, heartbeatMs)

  return {
    get size() {
      return sockets.clients.size
    },
    async stop() {
      clearInterval(heartbeat)
      for (const client of sockets.clients) client.close(1001, 'the service is stopping')
      await new Promise<void>((resolve) => {
        setTimeout(resolve, 500)
        sockets.close(() => resolve())
      })
      for (const client of sockets.clients) client.terminate()
    },
  }
}

/** Answers an upgrade request in HTTP, since no WebSocket was opened. */
function refuse(socket: Duplex, problem: Problem): void {
  const body = JSON.stringify(problem)
  const retry = problem.retryAfterSeconds === undefined ? '' : `retry-after: ${problem.retryAfterSeconds}\r\n`
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.code}\r\ncontent-type: application/problem+json\r\n${retry}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
