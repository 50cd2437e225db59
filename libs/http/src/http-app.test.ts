import { expect, test } from '@jest/globals'
import { TransientError } from '@ott/pipeline/errors'
import express, { type Express } from 'express'
import { Problem } from './problem.ts'
import { serveForTest } from './serve-for-test.ts'

function routes(app: Express): void {
  app.post('/v1/things', express.json({ limit: 1_000, type: () => true }), (request, response) => void response.json(request.body))
  app.get('/v1/things/:id', (_request, response) => void response.json({}))
  app.get('/v1/away', () => {
    throw new TransientError('database: connect ECONNREFUSED 10.0.0.1:5432')
  })
  app.get('/v1/broken', async () => {
    throw new Error('secret inside')
  })
  app.get('/v1/refused', () => {
    throw new Problem(403, 'forbidden', 'not yours')
  })
}

async function problemOf(answer: Response): Promise<Record<string, unknown>> {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  const problem = (await answer.json()) as Record<string, unknown>
  expect(problem).toMatchObject({
    type: `urn:ott:problem:${String(problem['code'])}`,
    title: expect.any(String),
    status: answer.status,
    detail: expect.any(String),
  })
  return problem
}

test('an unknown path and a wrong method are problems, not pages', async () => {
  await using app = await serveForTest({ routes })
  for (const [method, path] of [
    ['GET', '/nowhere'],
    ['DELETE', '/v1/things'],
    ['GET', '/v1/things/%zz/x'],
  ] as const) {
    const problem = await problemOf(await fetch(app.url + path, { method }))
    expect(problem).toMatchObject({ status: 404, code: 'not-found' })
  }
})

test('broken percent-encoding in a path is a bad request', async () => {
  await using app = await serveForTest({ routes })
  expect(await problemOf(await fetch(`${app.url}/v1/things/%zz`))).toMatchObject({ status: 400, code: 'invalid-request' })
})

test('malformed JSON is a 400 that quotes nothing of the body', async () => {
  await using app = await serveForTest({ routes })
  const answer = await fetch(`${app.url}/v1/things`, { method: 'POST', body: '{"username":"ada@example.org" oops' })
  const problem = await problemOf(answer)
  expect(problem).toMatchObject({ status: 400, code: 'invalid-request' })
  expect(JSON.stringify(problem) + app.logged.join()).not.toContain('ada')
})

test('a body over the limit is a 413, also when it was zipped small', async () => {
  await using app = await serveForTest({ routes })
  const body = JSON.stringify('x'.repeat(2_000))
  expect(await problemOf(await fetch(`${app.url}/v1/things`, { method: 'POST', body }))).toMatchObject({ status: 413, code: 'too-large' })
  const { gzipSync } = await import('node:zlib')
  const zipped = await fetch(`${app.url}/v1/things`, { method: 'POST', body: gzipSync(body), headers: { 'content-encoding': 'gzip' } })
  expect(await problemOf(zipped)).toMatchObject({ status: 413 })
})

test('an unknown content encoding is a 415', async () => {
  await using app = await serveForTest({ routes })
  const answer = await fetch(`${app.url}/v1/things`, { method: 'POST', body: '{}', headers: { 'content-encoding': 'rot13' } })
  expect(await problemOf(answer)).toMatchObject({ status: 415, code: 'unsupported-media-type' })
})

test('a transient fault is a 503 that says when to come back and nothing of the inside', async () => {
  await using app = await serveForTest({ routes })
  const answer = await fetch(`${app.url}/v1/away`)
  expect(answer.headers.get('retry-after')).toBe('1')
  const problem = await problemOf(answer)
  expect(problem).toMatchObject({ status: 503, code: 'unavailable' })
  expect(JSON.stringify(problem)).not.toContain('10.0.0.1')
})

test('an unforeseen error is a 500 that tells nothing, and is logged under the request id', async () => {
  await using app = await serveForTest({ routes })
  const answer = await fetch(`${app.url}/v1/broken`, { headers: { 'x-request-id': 'req-7' } })
  const problem = await problemOf(answer)
  expect(problem).toMatchObject({ status: 500, code: 'internal' })
  expect(JSON.stringify(problem)).not.toContain('secret')
  expect(answer.headers.get('x-request-id')).toBe('req-7')
  expect(app.logged.join()).toContain('"requestId":"req-7"')
})

test("a caller's mistake is no log line", async () => {
  await using app = await serveForTest({ routes })
  expect(await problemOf(await fetch(`${app.url}/v1/refused`))).toMatchObject({ status: 403, code: 'forbidden', detail: 'not yours' })
  expect(app.logged).toEqual([])
})

test('a request id of the wrong form is replaced', async () => {
  await using app = await serveForTest({ routes })
  for (const given of ['a b', '<script>', 'x'.repeat(129)]) {
    const answer = await fetch(`${app.url}/healthz`, { headers: { 'x-request-id': given } })
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  }
})

test('ready means every check holds; one that throws does not', async () => {
  const state = { database: false, tenants: true }
  const readiness = {
    database: async () => state.database,
    tenants: () => {
      if (!state.tenants) throw new Error('gone')
      return true
    },
  }
  await using app = await serveForTest({ readiness })
  const ask = async () => {
    const answer = await fetch(`${app.url}/readyz`)
    return [answer.status, await answer.json()]
  }
  expect(await ask()).toEqual([503, { status: 'waiting', checks: { database: 'waiting', tenants: 'ok' } }])
  state.database = true
  expect(await ask()).toEqual([200, { status: 'ready', checks: { database: 'ok', tenants: 'ok' } }])
  state.tenants = false
  expect(await ask()).toEqual([503, { status: 'waiting', checks: { database: 'ok', tenants: 'waiting' } }])
})

test('a process that failed is neither healthy nor ready', async () => {
  let healthy = true
  await using app = await serveForTest({ isHealthy: () => healthy })
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
  healthy = false
  expect((await fetch(`${app.url}/healthz`)).status).toBe(503)
  expect((await fetch(`${app.url}/readyz`)).status).toBe(503)
})

test('metrics name the route, never the path', async () => {
  await using app = await serveForTest({ routes })
  for (let n = 0; n < 5; n++) await fetch(`${app.url}/v1/things/viewer-${n}`)
  await fetch(`${app.url}/viewer-9`)
  const metrics = await (await fetch(`${app.url}/metrics`)).text()
  const lines = metrics.split('\n')
  expect(lines).toContain('ott_http_request_duration_ms_count{service="test",route="/v1/things/:id",status="200",method="GET"} 5')
  expect(lines).toContain('ott_tenant_api_calls_total{route="none",status="404",tenant="none",service="test"} 1')
  expect(lines.filter((line) => line.includes('viewer-'))).toEqual([])
})
