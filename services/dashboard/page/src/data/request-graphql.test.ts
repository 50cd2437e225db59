import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { describeFailure, RequestFailed } from './request-failed.ts'
import { postJson, requestGraphql } from './request-graphql.ts'

interface Served {
  status: number
  body: string
  seen: { headers: Record<string, unknown>; body: string } | undefined
}

const served: Served = { status: 200, body: '{}', seen: undefined }
const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    served.seen = { headers: request.headers, body: Buffer.concat(parts).toString() }
    response.writeHead(served.status, { 'content-type': 'application/json' }).end(served.body)
  })
})
const plainFetch = globalThis.fetch

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A page's addresses are relative to itself.
  const { port } = server.address() as AddressInfo
  globalThis.fetch = (path, init) => plainFetch(`http://127.0.0.1:${port}${String(path)}`, init)
})
afterEach(async () => {
  globalThis.fetch = plainFetch
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const operation = { text: '{ tenant { id } }' }
const ask = () => requestGraphql('the-key', operation, {})
const kindOf = (work: Promise<unknown>) => work.then(() => 'answered', (error: unknown) => (error instanceof RequestFailed ? error.kind : 'other'))

test('the key goes in a header and nowhere else', async () => {
  Object.assign(served, { status: 200, body: '{"data":{"tenant":{"id":"acme"}}}' })
  expect(await ask()).toEqual({ tenant: { id: 'acme' } })
  expect(served.seen?.headers['x-api-key']).toBe('the-key')
  expect(served.seen?.body).not.toContain('the-key')
})

test.each([
  [401, '{"detail":"send a valid key"}', 'unauthenticated'],
  [503, '{"detail":"later"}', 'unavailable'],
  [502, 'bad gateway', 'unavailable'],
  [200, '{"data":null,"errors":[{"message":"away","extensions":{"code":"UNAVAILABLE"}}]}', 'unavailable'],
  [200, '{"data":null,"errors":[{"message":"it is resolved","extensions":{"code":"CONFLICT"}}]}', 'refused'],
  [500, '{"data":null,"errors":[{"message":"x","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}', 'unforeseen'],
  [200, 'no json', 'unforeseen'],
])('an answer %i with %s is told as %s', async (status, body, kind) => {
  Object.assign(served, { status, body })
  expect(await kindOf(ask())).toBe(kind)
})

test('what could be asked is given when a part could not', async () => {
  Object.assign(served, { status: 200, body: '{"data":{"event":{"findings":null}},"errors":[{"message":"away"}]}' })
  expect(await ask()).toEqual({ event: { findings: null } })
})

test('a refusal tells its reason, and nobody answering is told as such', async () => {
  Object.assign(served, { status: 400, body: '{"detail":"data.country: must be a code"}' })
  const refused = await postJson('k', '/v1/events', 'application/json', {}).catch((error: unknown) => error)
  expect(describeFailure(refused)).toBe('data.country: must be a code')
  globalThis.fetch = () => Promise.reject(new TypeError('failed'))
  expect(await kindOf(ask())).toBe('unreachable')
})

test('calling off is not told as a failure', async () => {
  await expect(requestGraphql('k', operation, {}, AbortSignal.abort())).rejects.toThrow('aborted')
  expect(await kindOf(requestGraphql('k', operation, {}, AbortSignal.abort()))).toBe('other')
})
