import { afterEach, describe, expect, test } from '@jest/globals'
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { stringify } from 'yaml'
import { startEdge, type Edge } from './edge.ts'
import { parseKongDeclaration } from './kong-declaration.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const anonymous = 'anonymous'
const limit = (hour: number, limit_by: string) => ({ name: 'rate-limiting', config: { hour, limit_by } })
const declared = {
  _format_version: '3.0',
  plugins: [
    { name: 'correlation-id', config: { header_name: 'X-Request-ID', generator: 'uuid', echo_downstream: true } },
    { name: 'cors', config: { origins: ['*'], methods: ['GET', 'POST'], headers: ['X-API-Key'], exposed_headers: ['Retry-After'], max_age: 5 } },
    { name: 'key-auth', config: { key_names: ['x-api-key'], key_in_query: false, run_on_preflight: false, anonymous } },
    { name: 'request-size-limiting', config: { allowed_payload_size: 1, size_unit: 'kilobytes' } },
    limit(3, 'ip'),
    {
      name: 'prometheus',
      config: { status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true, upstream_health_metrics: true },
    },
  ],
  consumers: [{ username: anonymous }, { username: 'premium', plugins: [limit(50, 'credential')] }],
  keyauth_credentials: [{ consumer: 'premium', key: 'partner' }],
  upstreams: [
    {
      name: 'things.upstream',
      targets: [{ target: 'things:8199' }],
      healthchecks: {
        active: {
          http_path: '/readyz',
          timeout: 1,
          healthy: { interval: 0.1, successes: 1, http_statuses: [200] },
          unhealthy: { interval: 0.05, tcp_failures: 2, http_statuses: [500] },
        },
        passive: { healthy: {}, unhealthy: { http_failures: 2, http_statuses: [502] } },
      },
    },
  ],
  services: [
    {
      ...{ name: 'things', protocol: 'http', host: 'things.upstream', connect_timeout: 2_000, read_timeout: 5_000, write_timeout: 5_000, retries: 0 },
      routes: [{ name: 'things', protocols: ['http'], methods: ['GET', 'POST', 'OPTIONS'], paths: ['~/v1/things$'], strip_path: false }],
    },
  ],
}

/** An edge with every plugin before one service, whose probes are answered apart. `received` counts its requests. */
async function edgeBefore(answer: RequestListener, options: { passive?: boolean } = {}) {
  const seen = { received: 0, aborted: 0, isReady: true }
  const logged: unknown[][] = []
  const service = createServer((asked, response) => {
    if (asked.url === '/readyz') return void response.writeHead(seen.isReady ? 200 : 503).end()
    seen.received += 1
    asked.on('aborted', () => (seen.aborted += 1)).on('error', () => {})
    answer(asked, response)
  })
  const listening = (port: number) => new Promise<number>((resolve) => service.listen(port, '127.0.0.1', () => resolve((service.address() as AddressInfo).port)))
  const port = await listening(0)
  const close = () => new Promise((resolve) => {
    service.close(resolve)
    service.closeAllConnections()
  })
  cleanUps.push(() => service.listening && close())
  const { healthchecks } = declared.upstreams[0] as (typeof declared.upstreams)[number]
  const active = options.passive === true ? { ...healthchecks.active, healthy: { ...healthchecks.active.healthy, interval: 60 } } : healthchecks.active
  const upstreams = [{ ...declared.upstreams[0], healthchecks: { ...healthchecks, active } }]
  const edge = await startEdge({
    declaration: parseKongDeclaration(stringify({ ...declared, upstreams })),
    ...{ port: 0, metricsPort: 0, host: '127.0.0.1', addressOf: () => ({ host: '127.0.0.1', port }), stopGraceMs: 200 },
    log: (...line) => logged.push(line),
  })
  cleanUps.push(() => edge.stop())
  return { edge, seen, logged, close, open: () => listening(port) }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function ask(edge: Edge, method: string, headers: OutgoingHttpHeaders = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(edge.url, { path: '/v1/things', method, headers, agent: false }, (answer: IncomingMessage) => {
      text(answer).then((read) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: read }), reject)
    })
    asked.on('error', reject).end(body)
  })
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await what()); tries += 1) {
    if (tries > 200) throw new Error('it never came to that')
    await delay(20)
  }
}

const echo: RequestListener = (asked, response) => void text(asked).then((body) => response.end(body), () => {})
const origin = { origin: 'https://page.example' }
const chunked = { 'transfer-encoding': 'chunked' }

describe('limits', () => {
  test('the fourth request of an hour is a 429 as problem details that a page of any origin can read, and reaches no service', async () => {
    const { edge, seen } = await edgeBefore(echo)
    for (const left of ['2', '1', '0']) expect((await ask(edge, 'GET', origin)).headers['ratelimit-remaining']).toBe(left)
    const { status, headers, body } = await ask(edge, 'GET', { ...origin, 'x-request-id': 'mine' })
    expect(status).toBe(429)
    expect(JSON.parse(body)).toMatchObject({ type: 'urn:ott:problem:rate-limited', status: 429 })
    expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'access-control-allow-origin': '*', 'x-request-id': 'mine' })
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    expect(headers['retry-after']).toBe(headers['ratelimit-reset'])
    expect(seen.received).toBe(3)
  })

  test('who has a tier goes by it, though the address has used up its share', async () => {
    const { edge } = await edgeBefore((asked, response) => void response.end(String(asked.headers['x-consumer-username'])))
    for (let n = 0; n < 4; n += 1) await ask(edge, 'GET')
    const known = await ask(edge, 'GET', { 'x-api-key': 'partner' })
    expect([known.status, known.body, known.headers['ratelimit-limit']]).toEqual([200, 'premium', '50'])
    expect((await ask(edge, 'GET', { 'x-api-key': 'somebody' })).status).toBe(429)
  })

  test('preflights and bodies that are too large are answered before they count', async () => {
    const { edge, seen } = await edgeBefore(echo)
    for (let n = 0; n < 5; n += 1) {
      const preflight = await ask(edge, 'OPTIONS', { ...origin, 'access-control-request-method': 'POST' })
      expect([preflight.status, preflight.headers['access-control-allow-methods'], preflight.body]).toEqual([200, 'GET,POST', ''])
      expect((await ask(edge, 'POST', {}, 'x'.repeat(1_025))).status).toBe(413)
    }
    expect(seen.received).toBe(0)
    expect((await ask(edge, 'GET')).headers['ratelimit-remaining']).toBe('2')
  })

  test('a body without a length is let through up to the limit, and cut above it, for the caller as well as for the service', async () => {
    const { edge, seen } = await edgeBefore(echo)
    expect((await ask(edge, 'POST', chunked, 'x'.repeat(1_024))).body).toHaveLength(1_024)
    const asked = request(edge.url, { path: '/v1/things', method: 'POST', headers: chunked, agent: false }).on('error', () => {})
    asked.write('x'.repeat(1_000))
    await until(() => seen.received === 2)
    asked.write('x'.repeat(25))
    const answer = await new Promise<IncomingMessage>((resolve) => asked.on('response', resolve))
    expect([answer.statusCode, JSON.parse(await text(answer))]).toEqual([413, expect.objectContaining({ type: 'urn:ott:problem:too-large' })])
    asked.destroy()
    await until(() => seen.aborted === 1)
    expect((await ask(edge, 'GET')).status).toBe(200)
  })
})

describe('a target', () => {
  test('that refuses connections is ejected by probes: 503 without asking it, until it is ready again', async () => {
    const { edge, seen, logged, close, open } = await edgeBefore(echo)
    await close()
    await until(() => logged.some(([, message]) => message === 'target ejected'))
    const { status, headers } = await ask(edge, 'GET', { 'x-api-key': 'partner' })
    expect([status, headers['retry-after']]).toEqual([503, '1'])
    expect(logged.map(([, message]) => message)).not.toContain('upstream failed')
    seen.isReady = false
    await open()
    await delay(300)
    expect((await ask(edge, 'GET', { 'x-api-key': 'partner' })).status).toBe(503)
    expect(seen.received).toBe(0)
    seen.isReady = true
    await until(async () => (await ask(edge, 'GET', { 'x-api-key': 'partner' })).status === 200)
    expect(logged.map(([, message]) => message)).toContain('target is back')
  })

  test('that breaks off requests is ejected by them, and comes back by its probes', async () => {
    let breaks = true
    const { edge, seen } = await edgeBefore((asked, response) => (breaks ? void asked.socket.destroy() : void response.end()), { passive: true })
    const statuses = []
    for (let n = 0; n < 3; n += 1) statuses.push((await ask(edge, 'GET', { 'x-api-key': 'partner' })).status)
    expect([statuses, seen.received]).toEqual([[502, 502, 503], 2])
    breaks = false
    await until(async () => (await ask(edge, 'GET', { 'x-api-key': 'partner' })).status === 200)
  })

  test('that is not ready, but there, goes on getting requests: it says itself what it can not do', async () => {
    const { edge, seen } = await edgeBefore((_asked, response) => void response.writeHead(503).end('its own'))
    seen.isReady = false
    await delay(400)
    for (let n = 0; n < 5; n += 1) expect((await ask(edge, 'GET', { 'x-api-key': 'partner' })).body).toBe('its own')
  })
})

describe('figures', () => {
  test("are at an address of their own, under Kong's names, by service, route and status", async () => {
    const { edge } = await edgeBefore((_asked, response) => void response.end('x'.repeat(5_000)))
    for (let n = 0; n < 4; n += 1) await ask(edge, 'GET')
    const figures = async () => (await fetch(edge.metricsUrl ?? '')).text()
    await until(async () => (await figures()).includes('code="429"'))
    const lines = (await figures()).split('\n')
    const of = (start: string) => Number(lines.find((line) => line.startsWith(start))?.split(' ').at(-1))
    const labels = 'service="things",route="things"'
    expect(of(`kong_http_requests_total{${labels},code="200",source="service"}`)).toBe(3)
    expect(of(`kong_http_requests_total{${labels},code="429",source="exit"}`)).toBe(1)
    expect(of(`kong_request_latency_ms_count{${labels}}`)).toBe(4)
    expect(of(`kong_upstream_latency_ms_count{${labels}}`)).toBe(3)
    expect(of(`kong_bandwidth_bytes{${labels},direction="egress"}`)).toBeGreaterThan(15_000)
    expect(of('kong_upstream_target_health{upstream="things.upstream",target="things:8199",state="healthy"')).toBe(1)
    const elsewhere = (edge.metricsUrl ?? '').replace('/metrics', '/other')
    expect((await fetch(elsewhere)).status).toBe(404)
  })
})

test('a trace that a caller has begun reaches the service unchanged', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const { edge } = await edgeBefore((asked, response) => void response.end(String(asked.headers['traceparent'])))
  expect((await ask(edge, 'GET', { traceparent })).body).toBe(traceparent)
})
