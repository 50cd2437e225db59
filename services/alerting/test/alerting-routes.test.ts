import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { callForTest } from '@ott/http/call-for-test'
import { serveForTest, type ServedApp } from '@ott/http/serve-for-test'
import { alertIdOf } from '../src/alerts/alert-of-violation.ts'
import { addAlertRoutes } from '../src/alerts/alert-routes.ts'
import { addConfigurationRoutes } from '../src/configuration/configuration-routes.ts'
import { addReceiverRoutes } from '../src/configuration/receiver-routes.ts'
import { addSilenceRoutes } from '../src/silences/silence-routes.ts'
import { anAlertingWorld, opened, startMs, type AlertingWorld } from './alerting-world.ts'

let world: AlertingWorld
let app: ServedApp
beforeAll(async () => {
  world = await anAlertingWorld()
  const directory = {
    findByKey: (key: string) => (/^key-of-(acme|globex)$/.test(key) ? ({ tenantId: key.slice(7) } as TenantConfiguration) : undefined),
    keyIdOf: (key: string) => `id-of-${key}`,
    isCaughtUp: () => true,
  }
  app = await serveForTest({
    routes(express) {
      const options = { ...world.options, directory, nowMs: () => world.nowMs }
      addAlertRoutes(express, options)
      addSilenceRoutes(express, options)
      addConfigurationRoutes(express, options)
      addReceiverRoutes(express, options)
    },
  })
})
afterAll(async () => {
  await app?.[Symbol.asyncDispose]()
  await world?.close()
})
beforeEach(() => world.clear())

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  callForTest(app.url, { method, path, body, headers: { 'x-api-key': 'key-of-acme', ...headers } }) as Promise<{ status: number; headers: Headers; body: Record<string, unknown> }>
const put = async (text: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${app.url}/v1/alerting/configuration`, { method: 'PUT', body: text, headers: { 'x-api-key': 'key-of-acme', ...headers } })
  return { status: response.status, tag: response.headers.get('etag'), text: await response.text() }
}
const itemsOf = async (path: string, headers = {}) => (await call('GET', path, undefined, headers)).body['items'] as Record<string, unknown>[]
const inMinutes = (minutes: number) => new Date(startMs + minutes * 60_000).toISOString()

const configuration = `
route: { receiver: team, routes: [{ matchers: [severity="critical"], receiver: pager, continue: true }, { matchers: [severity=~"high|critical"], group_by: [subject] }] }
receivers:
  - name: team
    webhook_configs: [{ url: 'https://receiver.example/secret-path' }]
  - name: pager
    pagerduty_configs: [{ routing_key: 0123456789abcdef0123456789abcdef }]
on_call_schedules:
  - { name: first, time_zone: Europe/Berlin, rotations: [{ start: 2026-01-05T09:00:00, shift: 1w, receivers: [team, pager] }] }
`

describe('the configuration', () => {
  test('is what was put, without its secrets, and there is one before anybody puts any', async () => {
    const before = await fetch(`${app.url}/v1/alerting/configuration`, { headers: { 'x-api-key': 'key-of-acme' } })
    expect([before.status, before.headers.get('etag'), await before.text()]).toEqual([200, '"0"', expect.stringContaining('receiver: nobody')])
    const after = await put(configuration)
    expect([after.status, after.tag]).toEqual([200, '"1"'])
    expect(after.text).toContain('receiver: team')
    for (const secret of ['secret-path', '0123456789abcdef']) expect(after.text).not.toContain(secret)
  })

  test('that is wrong is refused with line and column, and the one before stays', async () => {
    await put(configuration)
    const { status, text } = await put('route:\n  receiver: unknown\nreceivers: []\n')
    expect([status, JSON.parse(text)]).toEqual([400, expect.objectContaining({ code: 'invalid-request', errors: [expect.objectContaining({ line: 2, column: expect.any(Number), problem: expect.stringContaining('receiver') })] })])
    expect((await call('GET', '/v1/routes')).body).toMatchObject({ receiver: 'team' })
  })

  test('replaces only what its sender has seen, where If-Match says so', async () => {
    await put(configuration)
    expect((await put(configuration, { 'if-match': '"0"' })).status).toBe(412)
    expect(await put(configuration, { 'if-match': '"1"' })).toMatchObject({ status: 200, tag: '"2"' })
    expect((await put(configuration, { 'if-match': 'nonsense' })).status).toBe(412)
  })

  test('tells where an alert would go', async () => {
    await put(configuration)
    const routed = async (labels: object) => ((await call('POST', '/v1/routes:test', { labels })).body['routes'] as { receiver: string; groupKey: string }[]).map(({ receiver, groupKey }) => [receiver, groupKey])
    expect(await routed({ severity: 'low' })).toEqual([['team', '{}:{}']])
    expect(await routed({ severity: 'critical', subject: 'v' })).toEqual([
      ['pager', '{}/{severity="critical"}:{}'],
      ['team', '{}/{severity=~"high|critical"}:{subject="v"}'],
    ])
  })

  test('tells who is on call and when the next one is', async () => {
    await put(configuration)
    const [first] = await itemsOf('/v1/on-call')
    expect(first).toMatchObject({ schedule: 'first', timeZone: 'Europe/Berlin', receiver: 'team', nextHandover: '2026-03-09T08:00:00.000Z' })
  })

  test('is too large, and says so', async () => {
    expect((await put(`# ${'x'.repeat(300_000)}`)).status).toBe(413)
  })
})

describe('silences', () => {
  const silence = { matchers: [{ name: 'severity', value: 'low|medium', isRegex: true }], endsAt: inMinutes(60), comment: 'why' }

  test('are made, shown, moved, and ended, and none is ever gone', async () => {
    const made = await call('POST', '/v1/silences', silence)
    const id = String(made.body['id'])
    expect([made.status, made.headers.get('location'), made.headers.get('etag')]).toEqual([201, `/v1/silences/${id}`, '"1"'])
    expect(made.body).toMatchObject({ status: { state: 'active' }, matchers: [{ name: 'severity', value: 'low|medium', isRegex: true, isEqual: true }], createdBy: 'id-of-key-of-acme', comment: 'why', noticeMinutes: 15 })
    expect(await call('PATCH', `/v1/silences/${id}`, { endsAt: inMinutes(120) }, { 'if-match': '"1"' })).toMatchObject({ status: 200, body: { endsAt: inMinutes(120) } })
    expect((await call('PATCH', `/v1/silences/${id}`, { endsAt: inMinutes(180) }, { 'if-match': '"1"' })).status).toBe(412)
    expect((await call('DELETE', `/v1/silences/${id}`)).body).toMatchObject({ status: { state: 'expired' } })
    expect((await call('PATCH', `/v1/silences/${id}`, { endsAt: inMinutes(180) })).status).toBe(409)
    expect((await itemsOf('/v1/silences?state=expired')).map((item) => item['id'])).toEqual([id])
    expect(await itemsOf('/v1/silences?state=active')).toEqual([])
  })

  test.each([
    ['matchers', { ...silence, matchers: [] }],
    ['matchers.0', { ...silence, matchers: [{ name: 'a', value: '(', isRegex: true }] }],
    ['matchers.0', { ...silence, matchers: ['no matcher'] }],
    ['matchers', { ...silence, matchers: ['a=~".*"'] }],
    ['endsAt', { ...silence, endsAt: '2026-01-01T00:00:00Z' }],
    ['endsAt', { ...silence, endsAt: undefined }],
    ['endsAt', { ...silence, startsAt: inMinutes(90) }],
    ['id', { ...silence, id: 'mine' }],
  ])('with a wrong %s are refused by its name', async (field, body) => {
    expect(await call('POST', '/v1/silences', body)).toMatchObject({ status: 400, body: { errors: [expect.objectContaining({ field })] } })
  })

  test('of another tenant are neither seen nor ended', async () => {
    const { body } = await call('POST', '/v1/silences:snooze', { subject: 'viewer-1', minutes: 5 })
    const asGlobex = { 'x-api-key': 'key-of-globex' }
    expect(await itemsOf('/v1/silences', asGlobex)).toEqual([])
    for (const method of ['GET', 'DELETE']) expect((await call(method, `/v1/silences/${String(body['id'])}`, undefined, asGlobex)).status).toBe(404)
  })
})

describe('alerts', () => {
  test('are listed with what hushes them, and acknowledged', async () => {
    await world.receive(opened('a'))
    const { body: snooze } = await call('POST', '/v1/silences:snooze', { subject: 'viewer-1', rule: 'rule.a', minutes: 5 })
    expect(await itemsOf('/v1/alerts?status=firing&subject=viewer-1')).toEqual([expect.objectContaining({ violationId: 'a', silencedBy: snooze['id'], rule: 'rule.a' })])
    expect(await call('POST', `/v1/alerts/${alertIdOf('a')}:acknowledge`, { note: 'mine' })).toMatchObject({ status: 200, body: { status: 'acknowledged', acknowledgedNote: 'mine', acknowledgedBy: 'id-of-key-of-acme' } })
    expect((await call('POST', `/v1/alerts/${alertIdOf('a')}:acknowledge`)).status).toBe(200)
    expect((await call('GET', `/v1/alerts/${alertIdOf('a')}`, undefined, { 'x-api-key': 'key-of-globex' })).status).toBe(404)
  })

  test('of other programs are taken in, and what can not be taken is named', async () => {
    expect(await call('POST', '/v1/alerts', [{ labels: { alertname: 'DiskFull' } }])).toMatchObject({ status: 200, body: { accepted: 1 } })
    expect(await itemsOf('/v1/alerts')).toEqual([expect.objectContaining({ rule: 'DiskFull', source: 'api', severity: null, violationId: null })])
    for (const [body, field] of [[[{ labels: {} }], '0.labels'], [[{ labels: { '': 'x' } }], '0.labels.'], [{}, '(body)'], [[{ labels: { a: 'b' }, startsAt: 'today' }], '0.startsAt']] as const) {
      expect(await call('POST', '/v1/alerts', body)).toMatchObject({ status: 400, body: { errors: [expect.objectContaining({ field })] } })
    }
  })
})

describe('receivers', () => {
  test('are shown without their addresses, are tested, and one the configuration does not name is not found', async () => {
    await put(configuration)
    expect(await itemsOf('/v1/receivers')).toEqual([
      { name: 'team', integrations: [expect.objectContaining({ key: 'webhook[0]', kind: 'webhook', sendResolved: true, disabledAt: null })] },
      { name: 'pager', integrations: [expect.objectContaining({ kind: 'pagerduty' })] },
    ])
    expect((await call('POST', '/v1/receivers/pager:test')).status).toBe(202)
    expect((await world.queued()).map(({ receiver, status }) => [receiver, status])).toEqual([['pager', 'firing'], ['pager', 'resolved']])
    for (const action of ['test', 'enable']) expect((await call('POST', `/v1/receivers/none:${action}`)).status).toBe(404)
  })
})
