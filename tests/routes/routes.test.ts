import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { candidatesFor, rankRoutes } from '@ott/edge/match-route'
import { readRequestTarget } from '@ott/edge/request-path'
import fc from 'fast-check'
import { ask, declaration, edgeBefore, gatewayInFrontOfPipeline, nextMessages, openGateway, openSocket, type Gateway } from './gateway.ts'
import { routedRows, unroutedRows, withoutKey, wrongMethodRows, type RoutedRow, type UnroutedRow } from './route-table.ts'
import { startStubService, type Received } from './stub-service.ts'

/**
 * Tries every route of kong/kong.yml. By default through the local edge to stubs; with KONG_PROXY_URL set, through a real
 * Kong (or a running edge) to the running pipeline. The table is the same; what a row expects is in the two modes:
 *   without a key   401 as problem details, which only a service answers like that
 *   with a key      stubs: they tell what they received; pipeline: the status of the row
 */
let gateway: Gateway
beforeAll(async () => {
  gateway = await openGateway()
})
afterAll(() => gateway?.stop())

const ranked = rankRoutes(declaration)
const declaredRoutes = declaration.services.flatMap(({ name, routes }) => routes.map((route) => ({ route: route.name, service: name })))
const titled = routedRows.map((row) => [`${row.upgrade ? 'WS' : row.method} ${row.path} → ${row.service} (${row.route})`, row] as const)
/** A stream's first bytes may be its heartbeat. */
const patienceMs = 25_000

describe('the table and kong.yml agree', () => {
  test('every route is tried by at least one row, and every row names a route there is', () => {
    expect(new Set(routedRows.map(({ route }) => route))).toEqual(new Set(declaredRoutes.map(({ route }) => route)))
  })

  test.each(titled)('%s is what kong.yml says', (_title, row) => {
    expect(declaredRoutes).toContainEqual({ route: row.route, service: row.service })
    const target = readRequestTarget(row.path)
    expect(target.ok && candidatesFor(ranked, row.method, target.path).map(({ route }) => route.name)).toEqual([row.route])
  })

  test('no request is taken by two routes, so the order in which a router prefers them never matters', () => {
    const word = fc.constantFrom(...new Set(routedRows.flatMap(({ path }) => path.split('/'))), 'x')
    const path = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => `/${words.join('/')}`)
    fc.assert(
      fc.property(fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'POST', 'PATCH'), fc.oneof(path, path.map((rest) => `/v1${rest}`)), (method, asked) => {
        expect(candidatesFor(ranked, method, asked).length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a routed request reaches its service', () => {
  test.each(titled.filter(([, row]) => !row.isOpen))('without a key: %s', async (_title, row) => {
    const { status, headers, body } = await ask(gateway.url, row)
    expect(status).toBe(withoutKey)
    expect(headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(JSON.parse(body)).toMatchObject({ status: withoutKey })
  })

  test.each(titled.filter(([, row]) => row.isOpen))('without a key, as with one: %s', async (_title, row) => {
    const { status, headers } = await ask(gateway.url, row)
    expect(status).toBe(gateway.stubbed && !row.upgrade ? 200 : row.withKey)
    expect(headers['sec-websocket-protocol']).toBe(row.subprotocol)
  })

  test.each(titled)('with a key: %s', async (_title, row) => {
    // Kong names the route it took when it runs with allow_debug_header=on; the edge and other Kongs ignore the wish.
    const answer = await ask(gateway.url, row, { 'x-api-key': gateway.apiKey, 'x-request-id': 'routes-suite', 'kong-debug': '1' })
    const routeTold = answer.headers['kong-route-name']
    if (routeTold !== undefined) expect(routeTold).toBe(row.route)
    expect(answer.headers['x-request-id']).toBe('routes-suite')
    if (gateway.stubbed) expectArrival(row, answer.status, answer.body)
    else expect(answer.status).toBe(row.withKey)
    if (row.endless) expect(answer.headers['content-type']).toMatch(/^text\/event-stream/)
  }, patienceMs)

  function expectArrival(row: RoutedRow, status: number, body: string): void {
    expect(status).toBe(row.upgrade ? 101 : 200)
    if (row.upgrade || row.method === 'HEAD') return
    const arrived = JSON.parse(row.endless ? body.replace(/^data: /, '') : body) as Received
    expect(arrived).toMatchObject({ service: row.service, method: row.method, path: row.arrivesAs ?? row.path })
    expect(arrived.headers).toMatchObject({ 'x-api-key': gateway.apiKey, 'x-request-id': 'routes-suite', 'x-forwarded-proto': 'http' })
    expect(arrived.headers).toMatchObject({ 'x-consumer-username': 'anonymous', 'x-anonymous-consumer': 'true' })
    expect(arrived.body).toBe(row.body === undefined ? '' : JSON.stringify(row.body))
  }
})

describe('a request without a route reaches no service', () => {
  const refused = unroutedRows.map((row) => [`${row.upgrade ? 'WS' : row.method} ${row.path} gets ${row.status}`, row] as const)
  test.each(refused)('%s', (_title, row) => expectRefusal(row))

  test.each([...new Set(wrongMethodRows.map(({ path }) => path))])('%s with any other method gets 404', async (path) => {
    for (const row of wrongMethodRows.filter((each) => each.path === path)) await expectRefusal(row)
  })

  async function expectRefusal(row: UnroutedRow): Promise<void> {
    const { status, headers, body } = await ask(gateway.url, row, { 'x-api-key': gateway.apiKey })
    expect([row.method, status]).toEqual([row.method, row.status])
    // Kong's own answers are plain JSON. Problem details come from the edge, which says so, or from a service, which must not be reached.
    const isProblem = /problem/.test(String(headers['content-type']))
    if (gateway.stubbed) expect(isProblem).toBe(true)
    if (!isProblem || row.method === 'HEAD') return
    const code = row.status === 404 ? 'no-route' : 'bad-request-target'
    expect(JSON.parse(body)).toEqual({ type: `urn:ott:problem:${code}`, title: expect.any(String), status: row.status, code, detail: expect.any(String) })
  }
})

// What needs stubs: the running pipeline has no service that echoes, and none may be taken down.
if (gatewayInFrontOfPipeline === undefined) {
  describe('through the edge', () => {
    test('a WebSocket reaches the streaming service with its key, and carries text and bytes both ways', async () => {
      const socket = openSocket(gateway.url, '/v1/stream?types=alert', { 'x-api-key': gateway.apiKey })
      const messages = nextMessages(socket, 3)
      await new Promise((resolve) => socket.once('open', resolve))
      socket.send('hello')
      socket.send(Buffer.alloc(100_000, 'b'))
      const [greeting, text, bytes] = await messages
      const headers = { 'x-api-key': gateway.apiKey }
      expect(JSON.parse(greeting ?? '')).toMatchObject({ service: 'streaming', path: '/v1/stream?types=alert', headers })
      expect(text).toBe('hello')
      expect(bytes).toHaveLength(100_000)
      socket.terminate()
    })

    test('the routes of a service that is down answer 503 to retry, and the others go on', async () => {
      const up = await startStubService('up')
      try {
        for (const service of new Set(routedRows.map((row) => row.service))) {
          const edge = await edgeBefore((host) => (host === service ? undefined : up.port))
          for (const row of routedRows) {
            const { status, headers } = await ask(edge.url, row, { 'x-api-key': gateway.apiKey })
            const expected = row.service === service ? [503, '1'] : [row.upgrade ? 101 : 200, undefined]
            expect([row.path, status, headers['retry-after']]).toEqual([row.path, ...expected])
          }
          await edge.stop()
        }
      } finally {
        await up.stop()
      }
    })
  })
}
