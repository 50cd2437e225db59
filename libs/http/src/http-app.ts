import { randomUUID } from 'node:crypto'
import type { Logger } from '@ott/telemetry/logger'
import { Counter, Histogram, latencyBucketsMs, type Registry } from '@ott/telemetry/metrics'
import { TransientError } from '@ott/pipeline/errors'
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from 'express'
import { Problem, unavailable } from './problem.ts'

export interface HttpAppOptions {
  readonly log: Logger
  readonly registry: Registry
  /** What must hold before traffic may come, by name. */
  readonly readiness: Readonly<Record<string, () => boolean | Promise<boolean>>>
  /** False once the process can only be restarted. */
  isHealthy(): boolean
  /** Adds the service's own routes. */
  routes(app: Express): void
}

/** An express app with `/healthz`, `/readyz`, `/metrics`, and problem details for every error. */
export function createHttpApp({ log, registry, readiness, isHealthy, routes }: HttpAppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use(measure(registry))
  app.get('/healthz', (_request, response) => void response.status(isHealthy() ? 200 : 503).json({ status: isHealthy() ? 'ok' : 'failed' }))
  app.get('/readyz', async (_request, response) => {
    const names = Object.keys(readiness)
    const states = await Promise.all(Object.values(readiness).map(async (check) => check()).map((state) => state.catch(() => false)))
    const ready = isHealthy() && states.every(Boolean)
    const checks = Object.fromEntries(names.map((name, place) => [name, states[place] ? 'ok' : 'waiting']))
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'waiting', checks })
  })
  app.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics())
  })
  routes(app)
  app.use(() => {
    throw new Problem(404, 'not-found', 'no such address, or not with this method')
  })
  app.use(writeProblem(log))
  return app
}

function measure(registry: Registry): RequestHandler {
  const durations = new Histogram({
    name: 'ott_http_request_duration_ms',
    help: 'Time to answer a request.',
    labelNames: ['route', 'method', 'status'],
    buckets: latencyBucketsMs,
    registers: [registry],
  })
  const calls = new Counter({
    name: 'ott_tenant_api_calls_total',
    help: "A tenant's calls, by route and status.",
    labelNames: ['tenant', 'route', 'status'],
    registers: [registry],
  })
  return (request, response, next) => {
    const startedAtMs = performance.now()
    response.setHeader('x-request-id', requestIdOf(request))
    response.on('finish', () => {
      // The route's pattern, never the path: a path may name a viewer's event.
      const route = (request.route as { path?: unknown } | undefined)?.path
      const labels = { route: typeof route === 'string' ? route : 'none', status: response.statusCode }
      durations.observe({ ...labels, method: request.method }, performance.now() - startedAtMs)
      const tenant: unknown = response.locals['tenantId']
      calls.inc({ ...labels, tenant: typeof tenant === 'string' ? tenant : 'none' })
    })
    next()
  }
}

function requestIdOf(request: Request): string {
  const given = request.get('x-request-id')
  return given !== undefined && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID()
}

function writeProblem(log: Logger): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const problem = problemOf(thrown)
    if (problem.status >= 500) {
      const cause = thrown instanceof Error ? thrown : undefined
      log.error({ status: problem.status, requestId: response.getHeader('x-request-id'), method: request.method, error: cause?.message, stack: problem.status === 500 ? cause?.stack : undefined }, 'request failed')
    }
    if (response.headersSent) return void response.destroy()
    sendProblem(response, problem)
  }
}

export function sendProblem(response: Response, problem: Problem): void {
  if (problem.retryAfterSeconds !== undefined) response.setHeader('retry-after', String(problem.retryAfterSeconds))
  if (problem.status === 401) response.setHeader('www-authenticate', 'Bearer realm="ott", ApiKey realm="ott"')
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}

/** Body-parser errors carry a `type`; anything unknown is a 500 that tells nothing of its inside. */
function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  if (thrown instanceof TransientError) return unavailable('a part this depends on is not answering; nothing was acknowledged, so send it again')
  const { type, status, limit } = (thrown ?? {}) as { type?: unknown; status?: unknown; limit?: unknown }
  if (type === 'entity.too.large') return new Problem(413, 'too-large', `the body is larger than ${String(limit)} bytes`)
  if (type === 'encoding.unsupported') return new Problem(415, 'unsupported-media-type', 'content-encoding: must be gzip, deflate, br or none')
  if (typeof status === 'number' && status >= 400 && status < 500) return new Problem(status, 'invalid-request', 'the request could not be read')
  return new Problem(500, 'internal', 'an unforeseen error; it was logged under the request id')
}
