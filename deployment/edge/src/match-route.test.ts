import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { parseKongDeclaration } from './kong-declaration.ts'
import { candidatesFor, matchRoute, rankRoutes, type RankedPath } from './match-route.ts'

interface Written {
  readonly name: string
  readonly methods: readonly string[]
  readonly paths: readonly string[]
  readonly regex_priority?: number
}

function rankedOf(routes: readonly Written[]) {
  const timeouts = { connect_timeout: 1, read_timeout: 1, write_timeout: 1, retries: 0 }
  const service = { name: 's', protocol: 'http', host: 's', port: 80, ...timeouts }
  const declared = routes.map((route) => ({ ...route, protocols: ['http'], strip_path: false }))
  return rankRoutes(parseKongDeclaration(stringify({ _format_version: '3.0', services: [{ ...service, routes: declared }] })))
}

function routeOf(routes: readonly Written[], request: string) {
  const [method = '', path = ''] = request.split(' ')
  return matchRoute(rankedOf(routes), method, path)?.route.name
}

const get = (name: string, ...paths: string[]): Written => ({ name, methods: ['GET'], paths })

describe('as the traditional_compatible router documents it', () => {
  test('a plain path takes everything that starts with it', () => {
    const routes = [get('events', '/v1/events')]
    expect(routeOf(routes, 'GET /v1/events')).toBe('events')
    expect(routeOf(routes, 'GET /v1/eventsfoo')).toBe('events')
    expect(routeOf(routes, 'GET /v1/event')).toBeUndefined()
  })

  test('the longest plain path wins, wherever it stands', () => {
    const routes = [get('v1', '/v1'), get('events', '/v1/events'), get('root', '/')]
    expect(routeOf(routes, 'GET /v1/events/1')).toBe('events')
    expect(routeOf(routes.toReversed(), 'GET /v1/events/1')).toBe('events')
  })

  test('a regex wins over any plain path, however long that is', () => {
    expect(routeOf([get('plain', '/v1/events/archive'), get('regex', '~/v1')], 'GET /v1/events/archive')).toBe('regex')
  })

  test('among regexes the higher regex_priority wins', () => {
    const routes = [get('any', '~/v1/[^/]+$'), { ...get('one', '~/v1/one$'), regex_priority: 5 }]
    expect(routeOf(routes, 'GET /v1/one')).toBe('one')
    expect(routeOf(routes, 'GET /v1/two')).toBe('any')
  })

  test('each path of a route is ranked by itself', () => {
    const routes = [get('both', '/v1', '~/v2$'), get('events', '/v1/events')]
    expect(routeOf(routes, 'GET /v1/events')).toBe('events')
    expect(routeOf(routes, 'GET /v1/x')).toBe('both')
    expect(routeOf(routes, 'GET /v2')).toBe('both')
  })

  test('a wrong method is no match, and leaves the request to a lesser route that takes it', () => {
    const routes = [{ ...get('post', '~/v1/events$'), methods: ['POST'] }, get('all', '/')]
    expect(routeOf(routes, 'GET /v1/events')).toBe('all')
    expect(routeOf(routes, 'DELETE /v1/events')).toBeUndefined()
  })
})

const segment = fc.constantFrom('v1', 'v2', 'events', 'alerts', 'a')
const plain = fc.array(segment, { maxLength: 3 }).map((segments) => `/${segments.join('/')}`)
const written = fc.oneof(plain, plain.map((path) => `~${path}$`), plain.map((path) => `~${path}`))
const routes = fc
  .array(
    fc.record({
      methods: fc.uniqueArray(fc.constantFrom<string>('GET', 'POST'), { minLength: 1 }),
      paths: fc.uniqueArray(written, { minLength: 1, maxLength: 3 }),
      regex_priority: fc.nat({ max: 3 }),
    }),
    { maxLength: 6 },
  )
  .map((all) => all.map((route, index) => ({ ...route, name: `r${index}` })))
const request = fc.record({ method: fc.constantFrom('GET', 'POST', 'PUT'), path: plain })

function rankOf({ declared, route }: RankedPath): number {
  return declared.startsWith('~') ? 1_000_000 + route.regex_priority : declared.length
}

describe('for any declaration and any request', () => {
  test('a route is found exactly when one has the method and a path that fits', () => {
    fc.assert(
      fc.property(routes, request, (declared, { method, path }) => {
        const fits = (one: string) => {
          if (one.startsWith('~') && one.endsWith('$')) return path === one.slice(1, -1)
          return path.startsWith(one.replace('~', ''))
        }
        const fitting = declared.filter((route) => route.methods.includes(method) && route.paths.some(fits)).map(({ name }) => name)
        const found = matchRoute(rankedOf(declared), method, path)?.route.name
        expect(found === undefined).toBe(fitting.length === 0)
        if (found !== undefined) expect(fitting).toContain(found)
      }),
    )
  })

  test('the route found is one that no other candidate outranks', () => {
    fc.assert(
      fc.property(routes, request, (declared, { method, path }) => {
        const [best, ...others] = candidatesFor(rankedOf(declared), method, path).map(rankOf)
        for (const other of others) expect(best).toBeGreaterThanOrEqual(other)
      }),
    )
  })

  test('the order in which routes are written matters only to a draw', () => {
    fc.assert(
      fc.property(routes, request, (declared, { method, path }) => {
        const [found, other] = [declared, declared.toReversed()].map((all) => matchRoute(rankedOf(all), method, path))
        expect(other && rankOf(other)).toBe(found && rankOf(found))
      }),
    )
  })
})
