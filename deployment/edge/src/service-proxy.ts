import { Agent, type ClientRequest, type ServerResponse, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { createProxyMiddleware, debugProxyErrorsPlugin, proxyEventsPlugin, type RequestHandler } from 'http-proxy-middleware'
import type { KongService } from './kong-declaration.ts'
import { dropConnectionHeaders } from './upstream-headers.ts'

/** Where a service really listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** The way to one service: requests and upgrades over kept connections, bodies streamed, within the declared timeouts. */
export interface ServiceProxy {
  readonly handle: RequestHandler
  /** Closes idle and busy connections to the service. */
  close(): void
}

/**
 * An exchange that failed before the service's answer could be passed on.
 * `code` is Node's, `ETIMEDOUT` when a declared timeout ran out.
 */
export type OnFailure = (failure: { request: IncomingMessage; to: ServerResponse | Socket; code: string | undefined }) => void

/** What happens on the way, for whoever started it. */
export interface ProxyEvents {
  /** Set on each answer of the service, upgrades included. */
  headersToEcho(request: IncomingMessage): Readonly<Record<string, string>>
  /** The service's answer has begun. */
  onAnswer(request: IncomingMessage, status: number): void
  /** Before the answer has begun; after that the caller's connection is cut, since half an answer is no answer. */
  readonly onFailure: OnFailure
  /** A body that announced no length is larger than `bodyBytesMax`; the service is left already. */
  onTooLarge(request: IncomingMessage, response: ServerResponse): void
  readonly bodyBytesMax: number
}

/** Makes the proxy of one service. */
export function createServiceProxy(service: KongService, address: Address, events: ProxyEvents): ServiceProxy {
  const { headersToEcho, onAnswer, onFailure } = events
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 })
  const timedOut = new WeakSet<IncomingMessage>()
  const handle = createProxyMiddleware({
    target: new URL(`http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`),
    agent,
    proxyTimeout: service.read_timeout,
    upgradeTimeout: service.connect_timeout + service.read_timeout,
    // The library's logger would print paths; its other default plugins are wanted.
    ejectPlugins: true,
    plugins: [debugProxyErrorsPlugin, proxyEventsPlugin],
    on: {
      proxyReq(outgoing, request, response) {
        // The body isn't flowing yet: the library takes it up after this listener.
        if (request.headers['transfer-encoding'] !== undefined) {
          limitBody(request, events.bodyBytesMax, () => {
            events.onTooLarge(request, response)
            outgoing.destroy()
          })
        }
        limitConnecting(outgoing, service.connect_timeout)
        // The library destroys a request that stayed silent without saying why.
        outgoing.once('timeout', () => timedOut.add(request))
      },
      proxyReqWs(outgoing, request, callerSocket) {
        outgoing.prependListener('upgrade', (answer: IncomingMessage, serviceSocket: Socket) => {
          Object.assign(answer.headers, headersToEcho(request))
          onAnswer(request, 101)
          tie(callerSocket, serviceSocket, service.read_timeout)
        })
        outgoing.prependListener('response', (answer: IncomingMessage) => {
          Object.assign(answer.headers, headersToEcho(request))
          onAnswer(request, answer.statusCode ?? 0)
        })
      },
      proxyRes(answer, request, response) {
        dropConnectionHeaders(answer.headers)
        answer.headers.connection = response.shouldKeepAlive ? 'keep-alive' : 'close'
        Object.assign(answer.headers, headersToEcho(request))
        onAnswer(request, answer.statusCode ?? 0)
      },
      error(error, request, to) {
        onFailure({ request, to, code: timedOut.has(request) ? 'ETIMEDOUT' : (error as NodeJS.ErrnoException).code })
      },
    },
  })
  return { handle, close: () => agent.destroy() }
}

/** Counts a body while it flows to somebody else. */
function limitBody(request: IncomingMessage, bytesMax: number, onMore: () => void): void {
  let bytes = 0
  const count = (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= bytesMax) return
    request.off('data', count)
    onMore()
  }
  request.on('data', count)
}

function limitConnecting(outgoing: ClientRequest, limitMs: number): void {
  const { socket } = outgoing
  if (!socket?.connecting) return
  const timer = setTimeout(() => outgoing.destroy(Object.assign(new Error('connecting took too long'), { code: 'ETIMEDOUT' })), limitMs)
  socket.once('connect', () => clearTimeout(timer))
  outgoing.once('close', () => clearTimeout(timer))
}

/** Neither half of an upgraded connection outlives the other, and both go when nothing was said for `idleMs`. */
function tie(a: Socket, b: Socket, idleMs: number): void {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    one.once('close', () => other.destroy())
  }
  // The library turns socket timeouts off when it takes the sockets over, which is after this listener.
  setImmediate(() => b.setTimeout(idleMs, () => b.destroy()))
}
