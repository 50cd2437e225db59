import { createServer, ServerResponse, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { pluginsInOrder } from './declared-plugins.ts'
import { readExchange, type Exchange } from './exchange.ts'
import { targetsOf, watchTargets } from './health-checks.ts'
import { pluginOf, type KongDeclaration } from './kong-declaration.ts'
import { listen } from './listen.ts'
import { atMostOncePerSecond, type LogLine } from './log-line.ts'
import { rankRoutes, type RankedPath } from './match-route.ts'
import { startMetrics } from './metrics-listener.ts'
import { askPlugins, type Reply } from './plugins/plugin.ts'
import { bodyBytesMaxOf, tooLarge } from './plugins/request-size-limiting.ts'
import { answerProblem, problemOfUpstream, unreachable, type EdgeProblem } from './problem-answer.ts'
import { countWhenServed } from './count-when-served.ts'
import { createServiceProxy, type Address, type OnFailure } from './service-proxy.ts'
import { upstreamHeaders } from './upstream-headers.ts'

export interface EdgeOptions {
  readonly declaration: KongDeclaration
  /** 0 takes any free port. */
  readonly port: number
  readonly host: string
  /** Where a declared host and port really are. Asked once per service, at the start. */
  readonly addressOf: (declaredHost: string, port: number) => Address
  readonly log: LogLine
  /** Where `/metrics` is; nothing is counted without it. 0 takes any free port. */
  readonly metricsPort?: number | undefined
  /** How long `stop` waits for requests in work, in milliseconds. */
  readonly stopGraceMs?: number
}

export interface Edge {
  readonly url: string
  readonly metricsUrl: string | undefined
  /** Accepts nothing more, lets requests in work finish for `stopGraceMs`, then closes what is left. Sockets are closed at once. */
  stop(): Promise<void>
}

/**
 * Starts the edge: one address in front of the services, with the routes, plugins and health checks of kong.yml and the answers
 * Kong would give. It also answers `/healthz` and `/readyz` itself (200 while it accepts requests, 503 once it is stopping).
 * Rejects with Node's error when it can't listen.
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { declaration, host, log, metricsPort, stopGraceMs = 3_000 } = options
  const ranked = rankRoutes(declaration)
  const plugins = pluginsInOrder(declaration, () => Date.now())
  const requestIdHeader = pluginOf(declaration, 'correlation-id')?.header_name.toLowerCase()
  const size = pluginOf(declaration, 'request-size-limiting')
  const bodyBytesMax = size === undefined ? Number.POSITIVE_INFINITY : bodyBytesMaxOf(size)
  const upgraded = new Set<Socket>()
  const logFailure = atMostOncePerSecond(log, () => performance.now())
  const health = watchTargets(declaration.upstreams, options.addressOf, log)
  const counted = metricsPort !== undefined && pluginOf(declaration, 'prometheus') !== undefined
  const metrics = counted ? await startMetrics({ host, port: metricsPort }, health.states) : undefined
  let stopping = false
  let edgePort = 0

  const onFailure: OnFailure = ({ request, to, code }) => {
    const exchange = exchangeOf(request)
    const { route, ended } = exchange
    if (ended !== undefined && ended.source !== 'service') return
    const service = route?.service
    const problem = problemOfUpstream(service?.name ?? 'unknown', code)
    if (!request.socket.destroyed) {
      const fields = { upstream: service?.name ?? 'unknown', route: route?.route.name ?? 'unknown', status: problem.status, code: code ?? 'unknown' }
      logFailure(service?.name ?? '', 'error', 'upstream failed', fields)
      // Kong tells silence from the rest, which nginx calls 502 whatever the caller gets here.
      health.report(service?.host ?? '', problem.status === 504 ? 'timeout' : 502)
    }
    exchange.ended ??= { status: problem.status, source: 'error' }
    answerProblem(to, problem, exchange.answerHeaders)
  }

  const ways = new Map(
    declaration.services.map((service) => {
      const upstream = declaration.upstreams.find(({ name }) => name === service.host)
      const declared = upstream === undefined ? { host: service.host, port: service.port } : targetsOf(upstream)[0]
      const proxy = createServiceProxy(service, options.addressOf(declared.host, declared.port), {
        headersToEcho: (request) => exchangeOf(request).answerHeaders,
        onAnswer(request, status) {
          const exchange = exchangeOf(request)
          exchange.ended ??= { status, source: 'service' }
          exchange.answeredAtMs = performance.now()
          health.report(service.host, status)
        },
        onFailure,
        onTooLarge: (request, response) => refuse(exchangeOf(request), response, tooLarge(bodyBytesMax, request.headers)),
        bodyBytesMax,
      })
      return [service.name, { proxy, host: declared.port === 80 ? declared.host : `${declared.host}:${declared.port}` }] as const
    }),
  )

  // An upgrade that no route takes, or to anything but a WebSocket, is an ordinary request.
  const shouldUpgradeCallback = (request: IncomingMessage) => isWebSocket(request) && exchangeOf(request).route !== undefined
  const server = createServer({ shouldUpgradeCallback }, (request, response) => {
    if (request.method === 'GET' && (request.url === '/healthz' || request.url === '/readyz')) return answerHealth(response)
    const exchange = exchangeOf(request)
    const { route, problem } = exchange
    if (route === undefined) return answerProblem(response, problem, exchange.answerHeaders)
    if (metrics !== undefined) countWhenServed(exchange, route, response, metrics.count)
    admit(exchange, route, response, () => void ways.get(route.service.name)?.proxy.handle(request, response))
  })
  server.keepAliveTimeout = 75_000
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    upgraded.add(socket)
    socket.once('close', () => upgraded.delete(socket)).on('error', () => {})
    const exchange = exchangeOf(request)
    const { route } = exchange
    if (route === undefined) return socket.destroy()
    if (metrics !== undefined) countWhenServed(exchange, route, socket, metrics.count)
    admit(exchange, route, socket, () => ways.get(route.service.name)?.proxy.handle.upgrade(request, socket, head))
  })

  /** Lets a request through to its service when no plugin answers it and the service is there. */
  function admit(exchange: Exchange, route: RankedPath, to: ServerResponse | Socket, proceed: () => void): void {
    const settle = (reply: Reply | undefined) => {
      if (reply !== undefined) return refuse(exchange, to, reply)
      if (!health.isUp(route.service.host)) return refuse(exchange, to, unreachable(route.service.name), 'error')
      prepare(exchange, route, !(to instanceof ServerResponse))
      proceed()
    }
    const reply = askPlugins(plugins, exchange)
    if (reply instanceof Promise) reply.then(settle).catch((error: unknown) => fail(to, error))
    else settle(reply)
  }

  function refuse(exchange: Exchange, to: ServerResponse | Socket, reply: Reply, source: 'exit' | 'error' = 'exit'): void {
    exchange.ended = { status: reply.status, source }
    if (isProblem(reply)) answerProblem(to, reply, exchange.answerHeaders)
    else if (to instanceof ServerResponse) to.writeHead(reply.status, { ...exchange.answerHeaders, 'content-length': '0' }).end()
    else to.destroy()
  }

  function fail(to: ServerResponse | Socket, error: unknown): void {
    log('error', 'a plugin failed', { error: error instanceof Error ? error.name : 'unknown' })
    to.destroy()
  }

  function answerHealth(response: ServerResponse): void {
    response.writeHead(stopping ? 503 : 200, { 'content-type': 'application/json' }).end(`{"status":"${stopping ? 'stopping' : 'ok'}"}`)
  }

  /** Read once for each request: the route it takes and the id it goes by. */
  function exchangeOf(request: IncomingMessage & { [underWay]?: Exchange }): Exchange {
    return (request[underWay] ??= readExchange(request, ranked, requestIdHeader, performance.now()))
  }

  function prepare(exchange: Exchange, { service }: RankedPath, webSocket: boolean): void {
    const { request, target } = exchange
    if (!target.ok) return
    exchange.askedAtMs = performance.now()
    request.headers = upstreamHeaders(request.headers, {
      remoteAddress: request.socket.remoteAddress ?? '',
      told: exchange.serviceHeaders,
      writtenPath: target.written,
      upstreamHost: ways.get(service.name)?.host ?? '',
      edgePort,
      webSocket,
    })
    request.url = target.forward
  }

  const url = await listen(server, { host, port: options.port }).catch((error: unknown) => {
    health.stop()
    metrics?.stop()
    throw error
  })
  edgePort = Number(new URL(url).port)
  log('info', 'edge listening', { url, routes: ranked.length, ...(metrics === undefined ? {} : { metrics: metrics.url }) })

  async function stop(): Promise<void> {
    if (stopping) return
    stopping = true
    health.stop()
    metrics?.stop()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of upgraded) socket.destroy()
    // A kept connection becomes idle when its last answer is out.
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    const limit = setTimeout(() => server.closeAllConnections(), stopGraceMs)
    await closed
    clearInterval(sweep)
    clearTimeout(limit)
    for (const { proxy } of ways.values()) proxy.close()
    log('info', 'edge stopped', { url })
  }
  return { url, metricsUrl: metrics === undefined ? undefined : `${metrics.url}/metrics`, stop }
}

/** Where a request carries its exchange: a WeakMap of so many that live so short costs the collector half as much as all else. */
const underWay = Symbol('exchange under way')

function isProblem(reply: Reply): reply is EdgeProblem {
  return reply.status !== 200
}

function isWebSocket(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket'
}
