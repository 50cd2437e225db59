import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { createHttpApp } from '@ott/http/http-app'
import { listen } from '@ott/http/listen'
import { TransientError } from '@ott/pipeline/errors'
import { createLogger } from '@ott/telemetry/logger'
import { createRegistry } from '@ott/telemetry/metrics'
import type { Caller } from './caller.ts'
import { refusal } from './graphql-errors.ts'
import { openGraphqlServer } from './graphql-server.ts'
import { readListArguments } from './list-page.ts'
import { subgraphSchema } from './subgraph.ts'

let scope: AsyncDisposableStack
beforeEach(() => {
  scope = new AsyncDisposableStack()
})
afterEach(() => scope.disposeAsync())

const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { whoami: String! list(first: Int! = 20, after: String): String fail(how: String!): String thing: Thing }
  type Thing @key(fields: "id") { id: ID! name: String }
`
const failures: Readonly<Record<string, () => Error>> = {
  secret: () => new Error('select * from secrets at 10.0.0.7'),
  away: () => new TransientError('connect ECONNREFUSED 10.0.0.7'),
  no: () => refusal('NOT_FOUND', 'there is no such thing'),
}
const resolvers = {
  Query: {
    whoami: (_root: unknown, _none: unknown, { tenantId, keyId }: Caller) => `${tenantId} ${keyId}`,
    list: (_root: unknown, range: { first: number; after?: string }) => JSON.stringify(readListArguments(range)),
    fail(_root: unknown, { how }: { how: string }) {
      throw failures[how]?.() ?? new Error(how)
    },
    thing: (_root: unknown, _none: unknown, { tenantId }: Caller) => ({ id: tenantId }),
  },
  Thing: {
    __resolveReference: ({ id }: { id: string }, { tenantId }: Caller) => (id === tenantId ? { id, name: 'mine' } : undefined),
  },
}

async function serve(options: { introspection?: boolean; batchSizeMax?: number } = {}) {
  const log = createLogger({ service: 'test', level: 'silent' })
  const registry = createRegistry('test')
  const directory = {
    findByKey: (key: string) => (key.startsWith('key-of-') ? ({ tenantId: key.slice(7) } as TenantConfiguration) : undefined),
    keyIdOf: () => 'key-1',
    isCaughtUp: () => true,
  }
  const server = await openGraphqlServer<Caller>({ source: { schema: subgraphSchema(sdl, resolvers) }, directory, log, registry, scope, context: (caller) => caller, ...options })
  const app = createHttpApp({ log, registry, readiness: {}, isHealthy: () => true, routes: (express) => server.mount(express) })
  const listening = await listen(app, { host: '127.0.0.1', port: 0 })
  scope.defer(() => listening.stop())
  const post = async (body: unknown, headers: Record<string, string> = { 'x-api-key': 'key-of-acme' }) => {
    const answer = await fetch(`http://127.0.0.1:${listening.port}/graphql`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } })
    return { status: answer.status, body: (await answer.json()) as { data?: Record<string, unknown>; errors?: { message: string; extensions: Record<string, unknown> }[]; code?: string } }
  }
  return { post, ask: (query: string, variables = {}) => post({ query, variables }), metrics: () => registry.metrics() }
}

test.each([[{}], [{ 'x-api-key': 'wrong' }]])('with %j for a key nothing is answered but 401, as for REST', async (headers) => {
  const { post } = await serve()
  expect(await post({ query: '{ whoami }' }, headers as Record<string, string>)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
})

test('resolvers know the tenant and the key of the credential', async () => {
  const { ask } = await serve()
  expect((await ask('{ whoami }')).body).toEqual({ data: { whoami: 'acme key-1' } })
})

test('an entity is found by reference for its own tenant alone', async () => {
  const { ask } = await serve()
  const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Thing { id name } } }'
  const found = await ask(query, { r: [{ __typename: 'Thing', id: 'acme' }, { __typename: 'Thing', id: 'globex' }] })
  expect(found.body).toEqual({ data: { _entities: [{ id: 'acme', name: 'mine' }, null] } })
})

test.each([
  ['secret', 'an unforeseen error; it was logged', 'INTERNAL_SERVER_ERROR'],
  ['away', 'a part this depends on is not answering; try again', 'UNAVAILABLE'],
  ['no', 'there is no such thing', 'NOT_FOUND'],
])('of the error "%s" a caller is told "%s" and nothing else', async (how, message, code) => {
  const { ask } = await serve()
  const { body } = await ask('query ($how: String!) { fail(how: $how) }', { how })
  expect(body.errors).toEqual([{ message, locations: expect.anything(), path: ['fail'], extensions: { code } }])
})

test('a query that breaks the schema is refused without naming what there is instead', async () => {
  const { ask } = await serve()
  const { status, body } = await ask('{ whoamy }')
  expect([status, body.errors?.[0]?.extensions]).toEqual([400, { code: 'GRAPHQL_VALIDATION_FAILED' }])
  expect(body.errors?.[0]?.message).not.toContain('whoami')
})

test('the schema tells about itself only where that is wanted', async () => {
  const query = '{ __schema { queryType { name } } }'
  expect((await (await serve()).ask(query)).body.errors).toHaveLength(1)
  expect((await (await serve({ introspection: true })).ask(query)).body).toEqual({ data: { __schema: { queryType: { name: 'Query' } } } })
})

test.each([
  ['a text of very many tokens', { query: `{ whoami ${'a: whoami '.repeat(2_000)} }` }, 400],
  ['a very large body', `{"query": "{ whoami }", "variables": {"x": "${'x'.repeat(300_000)}"}}`, 413],
  ['a list of operations', [{ query: '{ whoami }' }, { query: '{ whoami }' }], 400],
  ['no JSON', '{', 400],
])('%s is refused', async (_what, body, status) => {
  const { post } = await serve()
  expect((await post(body)).status).toBe(status)
})

test('lists of operations are answered in order where they are allowed, up to their bound', async () => {
  const { post } = await serve({ batchSizeMax: 2 })
  const one = { query: '{ whoami }' }
  expect((await post([one, { query: '{ thing { id } }' }])).body).toEqual([{ data: { whoami: 'acme key-1' } }, { data: { thing: { id: 'acme' } } }])
  expect(await post([one, one, one])).toMatchObject({ status: 400, body: { code: 'invalid-request' } })
  expect((await post([])).status).toBe(400)
})

test.each(['list(first: 0)', 'list(first: 101)', 'list(after: "made-up")'])('%s is refused as bad input', async (field) => {
  const { ask } = await serve()
  expect((await ask(`{ ${field} }`)).body.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
})

test('operations are timed by kind and outcome', async () => {
  const { ask, metrics } = await serve()
  await ask('{ whoami }')
  await ask('{ fail(how: "no") }')
  await ask('{ nothing')
  const text = await metrics()
  for (const labels of ['operation="query",outcome="ok"', 'operation="query",outcome="error"', 'operation="invalid",outcome="error"']) {
    expect(text).toContain(`ott_graphql_query_duration_ms_count{service="test",${labels}} 1`)
  }
})

test('a resolver that stands for no field of the schema is an error', () => {
  expect(() => subgraphSchema(sdl, { Thing: { nam: () => 'x' } })).toThrow('there is a resolver for Thing.nam, and no such field')
})
