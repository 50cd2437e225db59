import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { withAddressLimit } from '@ott/edge/declared-plugins'
import { ask, declaration, edgeBefore, openGateway, type Gateway } from './gateway.ts'
import { preflightRows, routedRows } from './route-table.ts'
import { startStubService, type Received } from './stub-service.ts'

/**
 * What the plugins of kong/kong.yml do for every route. Like routes.test.ts, through the edge to stubs or, with KONG_PROXY_URL,
 * through a real Kong to the running pipeline. A Kong whose limit was lowered, to a few thousand, is told by
 * KONG_RATE_LIMIT_PER_HOUR: then the last test uses it up.
 */
let gateway: Gateway
beforeAll(async () => {
  gateway = await openGateway()
})
afterAll(() => gateway?.stop())

const origin = { origin: 'https://page.example' }
const alerts = { method: 'GET', path: '/v1/alerts' }
const mebibyte = 1_048_576
const list = (value: unknown) => String(value).toLowerCase().split(/, */)
const perHourMax = Number(process.env['KONG_RATE_LIMIT_PER_HOUR'] ?? 10_000)

describe('pages of other origins', () => {
  const paths = [...new Set(preflightRows.map(({ path }) => path))]
  test.each(paths)('may ask before they send keys to %s, and need none to ask', async (path) => {
    const wish = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' }
    const { status, headers } = await ask(gateway.url, { method: 'OPTIONS', path }, { ...origin, ...wish })
    expect([status, headers['access-control-allow-origin']]).toEqual([200, '*'])
    expect(list(headers['access-control-allow-headers'])).toEqual(expect.arrayContaining(['x-api-key', 'authorization', 'content-type', 'if-match', 'last-event-id']))
    expect(list(headers['access-control-allow-methods'])).toEqual(['get', 'head', 'post', 'put', 'patch', 'delete'])
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
  })

  test('may read every answer, refusals too, with its id and its limit', async () => {
    for (const key of [{}, { 'x-api-key': gateway.apiKey }]) {
      const { headers } = await ask(gateway.url, alerts, { ...origin, ...key })
      expect(headers['access-control-allow-origin']).toBe('*')
      expect(list(headers['access-control-expose-headers'])).toEqual(expect.arrayContaining(['x-request-id', 'retry-after', 'ratelimit-remaining']))
    }
  })
})

describe('bodies', () => {
  const key = () => ({ 'x-api-key': gateway.apiKey })
  // The quotes of a JSON text are two bytes of it.
  test.each(['/v1/events', '/graphql', '/v1/dead-letters:redrive'])('of a mebibyte reach the service behind %s; a byte more is a 413', async (path) => {
    const fits = await ask(gateway.url, { method: 'POST', path, body: 'x'.repeat(mebibyte - 2) }, key())
    if (gateway.stubbed) expect((JSON.parse(fits.body) as Received).body).toHaveLength(mebibyte)
    const larger = await ask(gateway.url, { method: 'POST', path, body: 'x'.repeat(mebibyte - 1) }, key())
    expect(larger.status).toBe(413)
  })
})

test('a request without an id gets one', async () => {
  const ids = [await ask(gateway.url, alerts), await ask(gateway.url, alerts)].map(({ headers }) => headers['x-request-id'])
  for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/)
  expect(ids[0]).not.toBe(ids[1])
})

describe('limits', () => {
  test('every routed answer tells the limit of its address and what is left of it', async () => {
    const left = []
    for (const row of routedRows.filter(({ upgrade, endless }) => !upgrade && !endless)) {
      const { headers } = await ask(gateway.url, row, { 'x-api-key': gateway.apiKey })
      expect(headers).toMatchObject({ 'ratelimit-limit': String(perHourMax), 'x-ratelimit-limit-hour': String(perHourMax) })
      expect(headers['x-ratelimit-remaining-hour']).toBe(headers['ratelimit-remaining'])
      expect(Number(headers['ratelimit-reset'])).toBeLessThanOrEqual(3_600)
      left.push(Number(headers['ratelimit-remaining']))
    }
    expect(left.at(-1)).toBeLessThan(left[0] ?? 0)
  })

  if (process.env['KONG_PROXY_URL'] === undefined) {
    test.each(routedRows.filter(({ upgrade }) => upgrade).concat(routedRows.slice(0, 1)))('above it $method $path is a 429 that says when to come back', async (row) => {
      const stub = await startStubService('any')
      const edge = await edgeBefore(() => stub.port, withAddressLimit(declaration, 2))
      try {
        for (const wanted of [false, false, true]) {
          const { status, headers, body } = await ask(edge.url, row, { 'x-api-key': gateway.apiKey })
          expect([status === 429, headers['retry-after'] !== undefined]).toEqual([wanted, wanted])
          if (wanted) expect(JSON.parse(body)).toMatchObject({ type: 'urn:ott:problem:rate-limited', status: 429 })
        }
      } finally {
        await edge.stop()
        await stub.stop()
      }
    })
  } else if (process.env['KONG_RATE_LIMIT_PER_HOUR'] !== undefined) {
    test('above a lowered one the answer is a 429 that says when to come back', async () => {
      for (let asked = 0; asked <= perHourMax + 50; asked += 1) {
        const { status, headers } = await ask(gateway.url, alerts, { 'x-api-key': gateway.apiKey })
        if (status !== 429) continue
        expect(Number(headers['retry-after'])).toBeGreaterThan(0)
        expect(headers['ratelimit-remaining']).toBe('0')
        return
      }
      throw new Error('no request was refused')
    }, 120_000)
  }
})
