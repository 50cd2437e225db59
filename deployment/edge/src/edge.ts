import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import express from 'express'
import type { KongDeclaration } from './kong-declaration.ts'
import { atMostOncePerSecond, type LogLine } from './log-line.ts'
import { matchRoute, rankRoutes, type RankedPath } from './match-route.ts'
import { answerProblem, badRequestTarget, noRoute, problemOfUpstream, type EdgeProblem } from './problem-answer.ts'
import { readRequestTarget, type RequestTarget } from './request-path.ts'
import { createServiceProxy, type Address } from './service-proxy.ts'
import { upstreamHeaders } from './upstream-headers.ts'

export interface EdgeOptions {
  readonly declaration: KongDeclaration
  /** 0 takes any free port. */
  readonly port: number
  readonly host: string
  /** Where a declared host and port really are. Asked once per service, at the start. */
  readonly addressOf: (serviceHost: string, port: number) => Address
  readonly log: LogLine
  /** How long `stop` waits for requests in work, in milliseconds. */
  readonly stopGraceMs?: number
}

export interface Edge {
  readonly url: string
  /** Accepts nothing more, lets requests in work finish for `stopGraceMs`, then closes what is left. Sockets are closed at once. */
  stop(): Promise<void>
}

/**
 * Starts the edge: one address in front of the services, with the routes of kong.yml and the answers Kong would give.
 * It also answers `/healthz` and `/readyz` itself (200 while it accepts requests, 503 once it is stopping).
 * Rejects with Node's error when it can't listen.
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { declaration, stopGraceMs = 3_000 } = options
  const ranked = rankRoutes(declaration)
  const requestIdHeader = declaration.plugins[0]?.config.header_name.toLowerCase()
  const underWay = new WeakMap<IncomingMessage, Exchange>()
  const upgraded = new Set<Socket>()
  const logFailure = atMostOncePerSecond(options.log, () => performance.now())
  let stopping = false
  let edgePort = 0

  const proxies = new Map(
    declaration.services.map((service) => [
      service.name,
      createServiceProxy(service, options.addressOf(service.host, service.port), echoed, ({ request, to, code }) => {
        const problem = problemOfUpstream(service.name, code)
        const route = underWay.get(request)?.route?.route.name ?? 'unknown'
        if (!request.socket.destroyed) {
          const fields = { upstream: service.name, route, status: problem.status, code: code ?? 'unknown' }
          logFailure(service.name, 'error', 'upstream failed', fields)
        }
        answerProblem(to, problem, echoed(request))
      }),
    ]),
  )

  const app = express()
  app.disable('x-powered-by').enable('strict routing').enable('case sensitive routing')
  app.get(['/healthz', '/readyz'], (_request, response) => {
    response.status(stopping ? 503 : 200).json({ status: stopping ? 'stopping' : 'ok' })
  })
  app.use((request, response) => {
    const { route, target, problem } = exchangeOf(request)
    if (route === undefined || !target.ok) return answerProblem(response, problem, echoed(request))
    prepare(request, route, target, false)
    return proxies.get(route.service.name)?.handle(request, response)
  })

  // An upgrade that no route takes, or to anything but a WebSocket, is an ordinary request.
  const server = createServer({ shouldUpgradeCallback: (request) => isWebSocket(request) && exchangeOf(request).route !== undefined }, app)
  server.keepAliveTimeout = 75_000
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    upgraded.add(socket)
    socket.once('close', () => upgraded.delete(socket))
    const { route, target } = exchangeOf(request)
    if (route === undefined || !target.ok) return socket.destroy()
    prepare(request, route, target, true)
    proxies.get(route.service.name)?.handle.upgrade(request, socket, head)
  })

  /** Read once for each request: the route it takes and the id it goes by. */
  function exchangeOf(request: IncomingMessage): Exchange {
    const known = underWay.get(request)
    if (known !== undefined) return known
    const exchange = readExchange(request, ranked, requestIdHeader)
    underWay.set(request, exchange)
    return exchange
  }

  function echoed(request: IncomingMessage): Record<string, string> {
    return requestIdHeader === undefined ? {} : { [requestIdHeader]: exchangeOf(request).requestId }
  }

  function prepare(request: IncomingMessage, { service }: RankedPath, target: GoodTarget, webSocket: boolean): void {
    request.headers = upstreamHeaders(request.headers, {
      remoteAddress: request.socket.remoteAddress ?? '',
      requestId: exchangeOf(request).requestId,
      requestIdHeader,
      writtenPath: target.written,
      upstreamHost: service.port === 80 ? service.host : `${service.host}:${service.port}`,
      edgePort,
      webSocket,
    })
    request.url = target.forward
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  edgePort = (server.address() as AddressInfo).port
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${edgePort}`
  options.log('info', 'edge listening', { url, routes: ranked.length })

  async function stop(): Promise<void> {
    if (stopping) return
    stopping = true
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of upgraded) socket.destroy()
    // A kept connection becomes idle when its last answer is out.
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    const limit = setTimeout(() => server.closeAllConnections(), stopGraceMs)
    await closed
    clearInterval(sweep)
    clearTimeout(limit)
    for (const proxy of proxies.values()) proxy.close()
    options.log('info', 'edge stopped', { url })
  }
  return { url, stop }
}

type GoodTarget = Extract<RequestTarget, { ok: true }>

interface Exchange {
  readonly target: RequestTarget
  readonly route: RankedPath | undefined
  /** What to answer when there is no route. */
  readonly problem: EdgeProblem
  readonly requestId: string
}

function readExchange(request: IncomingMessage, ranked: readonly RankedPath[], requestIdHeader: string | undefined): Exchange {
  const target = readRequestTarget(request.url ?? '/')
  const route = target.ok ? matchRoute(ranked, request.method ?? 'GET', target.path) : undefined
  const problem = target.ok || target.status === 404 ? noRoute : badRequestTarget(target.problem)
  const sent = requestIdHeader === undefined ? undefined : request.headers[requestIdHeader]
  return { target, route, problem, requestId: typeof sent === 'string' && sent !== '' ? sent : randomUUID() }
}

function isWebSocket(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket'
}

