import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { apiShapes } from '@ott/contracts/api-shapes'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { callForTest } from '@ott/http/call-for-test'
import { serveForTest, type ServedApp } from '@ott/http/serve-for-test'
import { addCaseRoutes } from '../src/cases/case-routes.ts'
import { breaking, caseTables, openCaseDatabase, startMs, type CaseDatabase } from './case-database.ts'

const directory = {
  findByKey: (key: string) => (key.startsWith('key-of-') ? ({ tenantId: key.slice('key-of-'.length) } as TenantConfiguration) : undefined),
  keyIdOf: (key: string) => `id-of-${key}`,
  isCaughtUp: () => true,
}

let cases: CaseDatabase
let app: ServedApp
beforeAll(async () => {
  cases = await openCaseDatabase()
  app = await serveForTest({ routes: (express) => addCaseRoutes(express, { directory, database: cases.database, nowMs: () => startMs }) })
})
afterAll(async () => {
  await app?.[Symbol.asyncDispose]()
  await cases?.close()
})
beforeEach(() => cases.admin.query(`truncate ${caseTables}`))

type Body = Record<string, unknown> & { items?: Record<string, unknown>[]; errors?: { field: string }[] }
async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, tenant = 'acme') {
  const answer = await callForTest(app.url, { method, path: `/v1/violations${path}`, body, headers: { 'x-api-key': tenant === '' ? '' : `key-of-${tenant}`, ...headers } })
  return { status: answer.status, etag: answer.headers.get('etag'), body: answer.body as Body }
}
async function aCase(): Promise<string> {
  await cases.work(breaking('a'), breaking('b', 1_000))
  return String((await call('GET', '')).body.items?.[0]?.['id'])
}

test('a case is read with its ETag, and listed as it is', async () => {
  const id = await aCase()
  const { status, etag, body } = await call('GET', `/${id}`)
  expect([status, etag]).toEqual([200, '"1"'])
  expect(apiShapes.Violation.parse(body)).toEqual(body)
  const list = await call('GET', '?status=open&severity=high&overdue=false&ongoing=true')
  expect(apiShapes.ViolationPage.parse(list.body)).toEqual({ items: [body], next: null })
  expect((await call('GET', '?ongoing=false')).body.items).toEqual([])
})

test('each action takes an empty body, and answers with the case and its ETag', async () => {
  const id = await aCase()
  for (const [action, state, etag] of [['acknowledge', 'acknowledged', '"2"'], ['review', 'in_review', '"3"'], ['resolve', 'resolved', '"4"'], ['resolve', 'resolved', '"4"']] as const) {
    expect(await call('POST', `/${id}:${action}`)).toMatchObject({ status: 200, etag, body: { status: state } })
  }
  expect(await call('POST', `/${id}:acknowledge`)).toMatchObject({ status: 409, body: { code: 'conflict', violationStatus: 'resolved' } })
  expect((await call('POST', `/${id}:reopen`)).body.errors).toMatchObject([{ field: 'reason' }])
  expect(await call('POST', `/${id}:reopen`, { reason: 'again' })).toMatchObject({ status: 200, body: { status: 'open' } })
  expect(await call('POST', `/${id}:false-positive`, { reason: 'a test account' })).toMatchObject({ status: 200, body: { status: 'false_positive' } })
  const { body } = await call('GET', `/${id}/history`)
  expect(apiShapes.ViolationChangePage.parse(body)).toEqual(body)
  expect(body.items?.map(({ change, reason }) => [change, reason])).toEqual([
    ...[['opened', null], ['acknowledged', null], ['review_started', null], ['resolved', null], ['reopened', 'again'], ['false_positive', 'a test account']],
  ])
})

test('what somebody saw may be named: an ETag that has passed is refused, and one of two at once wins', async () => {
  const id = await aCase()
  const both = await Promise.all(['acknowledge', 'resolve'].map((action) => call('POST', `/${id}:${action}`, {}, { 'if-match': '"1"' })))
  expect(both.map(({ status }) => status).sort()).toEqual([200, 412])
  expect(await call('PATCH', `/${id}`, { assignee: 'kim' }, { 'if-match': '"1"' })).toMatchObject({ status: 412, body: { code: 'precondition-failed' } })
  expect((await call('PATCH', `/${id}`, { assignee: 'kim' }, { 'if-match': 'W/"x"' })).status).toBe(412)
  expect(await call('PATCH', `/${id}`, { assignee: 'kim' }, { 'if-match': '"2"' })).toMatchObject({ status: 200, etag: '"3"', body: { assignee: 'kim' } })
  expect((await call('GET', '?assignee=kim')).body.items).toHaveLength(1)
})

test('every piece of evidence and every comment comes in pages that lead to all of them', async () => {
  const id = await aCase()
  const one = await call('GET', `/${id}/evidence?limit=1`)
  expect(apiShapes.ViolationEvidencePage.parse(one.body)).toEqual(one.body)
  const two = await call('GET', `/${id}/evidence?limit=1&cursor=${String(one.body['next'])}`)
  expect([one, two].map(({ body }) => body.items?.[0]?.['eventId'])).toEqual(['a', 'b'])
  expect(two.body['next']).toBeNull()
  for (const text of ['first', 'second']) expect(apiShapes.ViolationComment.parse((await call('POST', `/${id}/comments`, { text })).body)).toMatchObject({ text, by: 'id-of-key-of-acme' })
  const comments = await call('GET', `/${id}/comments?limit=1`)
  const rest = await call('GET', `/${id}/comments?cursor=${String(comments.body['next'])}`)
  expect([comments, rest].flatMap(({ body }) => body.items?.map(({ text }) => text)).sort()).toEqual(['first', 'second'])
})

test('settings are read, replaced as a whole, and guarded by their ETag', async () => {
  const before = await call('GET', '/settings')
  expect([before.status, before.etag, apiShapes.ViolationSettings.parse(before.body)]).toEqual([200, '"0"', before.body])
  const wanted = { severityOverrides: [{ regulation: 'test', severity: 'low' }], slaMinutes: { low: { acknowledge: 1, resolve: 2 } } }
  expect(await call('PUT', '/settings', wanted, { 'if-match': '"0"' })).toMatchObject({ status: 200, etag: '"1"', body: wanted })
  expect((await call('PUT', '/settings', wanted, { 'if-match': '"0"' })).status).toBe(412)
  expect((await call('GET', '/settings', undefined, {}, 'globex')).body).toEqual(before.body)
})

test.each([
  ['GET', '?status=lapsed', undefined, 'status'],
  ['GET', '?overdue=perhaps', undefined, 'overdue'],
  ['PATCH', '/x', {}, '(body)'],
  ['PATCH', '/x', { severity: 'grave' }, 'severity'],
  ['PATCH', '/x', { assignee: 'x'.repeat(201) }, 'assignee'],
  ['POST', '/x/comments', { text: '' }, 'text'],
  ['POST', '/x:resolve', { reason: 'x'.repeat(2_001) }, 'reason'],
  ['PUT', '/settings', { slaMinutes: { high: { acknowledge: 2, resolve: 1 } } }, 'slaMinutes.high'],
  ['PUT', '/settings', { severityOverrides: [{ rule: 'r', severity: 'low' }, { rule: 'r', severity: 'high' }] }, 'severityOverrides'],
])('%s %s with %j is refused, naming the field', async (method, path, body, field) => {
  expect(await call(method, path, body)).toMatchObject({ status: 400, body: { errors: [{ field }] } })
})

test("another tenant's cases are not found, and none is without a key", async () => {
  const id = await aCase()
  const requests = [['GET', `/${id}`], ['GET', `/${id}/evidence`], ['GET', `/${id}/history`], ['GET', `/${id}/comments`], ['POST', `/${id}:resolve`], ['PATCH', `/${id}`, { assignee: 'kim' }], ['POST', `/${id}/comments`, { text: 'hi' }]] as const
  for (const [method, path, body] of requests) {
    expect((await call(method, path, body, {}, 'globex')).status).toBe(404)
    expect((await call(method, path, body, {}, '')).status).toBe(401)
  }
  expect((await call('GET', `/${id}`)).etag).toBe('"1"')
})
