import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { apiKeyOf } from '@ott/auth/api-key'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { Problem } from '@ott/http/problem'
import { WebSocketServer, type WebSocket } from 'ws'
import type { OnDemand } from './on-demand.ts'
import type { Listener, SocketHub } from './socket-hub.ts'

export interface StreamSocketOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey'>
  readonly hub: SocketHub
  /** Short names a client may ask for, and their topics. */
  readonly channels: Readonly<Record<string, string>>
  /** Reading the topics through which every event passes. */
  readonly everyEvent: OnDemand
  /** How often a client is asked whether it is still there; one that doesn't answer in time is ended. */
  readonly heartbeatMs: number
  readonly connectionsMax: number
}

const everyEventChannels: ReadonlySet<string> = new Set(['accepted', 'scored'])

/**
 * `WS /v1/stream`: a tenant's events as they leave the stages, one JSON text a message: `{"topic": …, "event": …}`.
 * `?channels=violations,alerts` narrows it. Clients only listen: what they send is bounded and ignored.
 */
export function serveStream(server: Server, { directory, hub, channels, everyEvent, heartbeatMs, connectionsMax }: StreamSocketOptions): { stop(): Promise<void> } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 4_096, perMessageDeflate: false })
  const alive = new WeakSet<WebSocket>()

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    // `//` and the like are request targets that no URL can be made of.
    const url = URL.parse(request.url ?? '/', 'http://stream')
    if (url?.pathname !== '/v1/stream') return refuse(socket, new Problem(404, 'not-found', 'no such address'))
    const key = apiKeyOf(request.headers)
    const tenant = key === undefined ? undefined : directory.findByKey(key)
    if (tenant === undefined) return refuse(socket, new Problem(401, 'unauthenticated', 'send a valid key as "x-api-key" or "authorization: Bearer"'))
    const wanted = (url.searchParams.get('channels') ?? '').split(',').filter((name) => name !== '')
    const unknown = wanted.find((name) => !Object.hasOwn(channels, name))
    if (unknown !== undefined) {
      return refuse(socket, new Problem(400, 'invalid-request', `channels: must be among ${Object.keys(channels).join(', ')}`))
    }
    if (hub.size >= connectionsMax) return refuse(socket, new Problem(503, 'unavailable', 'too many connections', { retryAfterSeconds: 5 }))
    const wantsEveryEvent = wanted.length === 0 || wanted.some((name) => everyEventChannels.has(name))
    const open = (release: () => void) => {
      if (socket.destroyed) return release()
      // The connection's end, not the client's: a handshake that fails never becomes a client.
      socket.once('close', release)
      sockets.handleUpgrade(request, socket, head, (client) => {
        const listener: Listener = {
          tenantId: tenant.tenantId,
          topics: new Set(wanted.map((name) => channels[name] ?? '')),
          bufferedBytes: () => client.bufferedAmount,
          send: (text) => client.send(text),
          dropSlow: () => client.close(1013, 'reads too slowly'),
        }
        alive.add(client)
        hub.add(listener)
        client.on('pong', () => alive.add(client))
        client.on('error', () => client.terminate())
        client.on('close', () => hub.remove(listener))
      })
    }
    if (!wantsEveryEvent) return open(() => undefined)
    // The connection opens when the topics are read: what happens after that is shown.
    everyEvent.acquire().then(open, () => refuse(socket, new Problem(503, 'unavailable', 'the events can not be read at the moment', { retryAfterSeconds: 1 })))
  })

  const heartbeat = setInterval(() => {
    for (const client of sockets.clients) {
      if (!alive.delete(client)) client.terminate()
      else client.ping()
    }
  }, heartbeatMs)

  return {
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
