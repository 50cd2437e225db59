import { expect, test } from '@jest/globals'
import type { Integration } from '@ott/alert-routing/configuration'
import { tracingOn } from '@ott/telemetry/traced-fixture'
import { Webhook } from 'standardwebhooks'
import { aNotification, aNotifiedAlert, resolvedAlert } from '../src/receivers/notification-fixture.ts'
import { createSender } from '../src/receivers/send-by-kind.ts'
import type { SafeRequest } from '../src/deliveries/safe-request.ts'
import { generateEd25519KeyPair, generateHmacSecret } from '../src/receivers/sign-webhook.ts'
import { answerAsPagerduty, answerAsSlack, answerAsWorkflow } from './documented-shapes.ts'
import { anHttpReceiver, plainRequest, type Answer } from './http-receiver.ts'

const smtp = { resolve: () => Promise.reject(new Error('no mail here')) }
const senderBy = (request: SafeRequest) => createSender({ request, smtp, hostname: 'alerting.example' })
const send = senderBy(plainRequest)

const atMs = Date.now()
const attempt = { messageId: 'msg_1', atMs, attempt: 1, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, signal: new AbortController().signal }
const notification = aNotification([aNotifiedAlert(), resolvedAlert])
const keyed = { key: 'x[0]', sendResolved: true }

const aWebhook = (url: string, parts = {}): Integration => ({ ...keyed, kind: 'webhook', url, signingSecrets: [], maxAlerts: 0, timeoutMs: undefined, authorization: undefined, ...parts })
const aSlack = (url: string): Integration => ({ ...keyed, kind: 'slack', apiUrl: `${url}/services/T0/B0/sEcReTtOkEn`, channel: '#privacy', title: undefined, text: undefined })
const aTeams = (url: string): Integration => ({ ...keyed, kind: 'msteams', webhookUrl: `${url}/workflows/w/triggers/manual?sig=sEcReTsIg`, title: undefined, text: undefined })
const aPagerduty = (url: string): Integration => ({ ...keyed, kind: 'pagerduty', routingKey: 'sEcReTkEy'.padEnd(32, '0'), url: `${url}/v2/enqueue`, severity: undefined, client: 'OTT Compliance', component: 'consent' })
const anAlertmanager = (url: string, parts = {}): Integration => ({ ...keyed, kind: 'alertmanager', url: `${url}/prefix/`, authorization: undefined, ...parts })

test("a webhook gets Alertmanager's payload, signed with every live secret, its id and the trace it belongs to", async () => {
  await using receiver = await anHttpReceiver(() => ({ status: 204 }))
  const [old, fresh, pair] = [generateHmacSecret(), generateHmacSecret(), generateEd25519KeyPair()]
  const result = await send(aWebhook(`${receiver.url}/hook`, { signingSecrets: [fresh, old, pair.secret] }), notification, attempt)
  expect(result).toMatchObject({ outcome: 'accepted', status: 204 })
  const [got] = receiver.received
  for (const secret of [old, fresh]) expect(new Webhook(secret).verify(got?.body ?? '', got?.headers as Record<string, string>)).toEqual(notification)
  expect(got).toMatchObject({ method: 'POST', path: '/hook', headers: { 'webhook-id': 'msg_1', traceparent: attempt.traceparent, 'content-type': 'application/json; charset=utf-8' } })
})

test.each([
  [{ type: 'bearer', credentials: 'sEcReTtOkEn' } as const, 'Bearer sEcReTtOkEn'],
  [{ type: 'basic', username: 'ott', password: 'sEcReTpAsS' } as const, `Basic ${Buffer.from('ott:sEcReTpAsS').toString('base64')}`],
])('a webhook is told by %j what it asks for', async (authorization, header) => {
  await using receiver = await anHttpReceiver(() => ({ status: 200 }))
  await send(aWebhook(receiver.url, { authorization }), notification, attempt)
  expect(receiver.received[0]?.headers.authorization).toBe(header)
})

test.each([['Slack', aSlack, answerAsSlack], ['PagerDuty', aPagerduty, answerAsPagerduty], ["a Teams' workflow", aTeams, answerAsWorkflow]] as const)('%s takes what fires and what is resolved, in the shape it documents', async (_name, integrationAt, answer) => {
  await using receiver = await anHttpReceiver(answer)
  for (const told of [notification, aNotification([resolvedAlert]), aNotification(Array.from({ length: 70 }, () => aNotifiedAlert()), { truncatedAlerts: 3 })]) {
    expect(await send(integrationAt(receiver.url), told, attempt)).toMatchObject({ outcome: 'accepted' })
  }
})

test('a shape that the service does not document is refused, and its reason is told', async () => {
  await using receiver = await anHttpReceiver(answerAsPagerduty)
  const result = await send({ ...aPagerduty(receiver.url), routingKey: 'short' } as Integration, notification, attempt)
  expect(result).toMatchObject({ outcome: 'refused', status: 400, error: expect.stringContaining('the receiver answered 400: Event object is invalid, routing_key') })
})

const json = { 'content-type': 'application/json' }
const refusals: readonly (readonly [string, (url: string) => Integration, Answer, object])[] = [
  ['a webhook that fails', aWebhook, { status: 500, body: 'oops' }, { outcome: 'refused', status: 500, error: 'the receiver answered 500' }],
  ['a webhook that wants no more', aWebhook, { status: 410 }, { outcome: 'gone', status: 410 }],
  ['a webhook that redirects', aWebhook, { status: 302, headers: { location: 'http://169.254.169.254/' } }, { outcome: 'refused', status: 302, error: "the receiver redirects (302), which isn't followed" }],
  ['a webhook that asks for a pause', aWebhook, { status: 429, headers: { 'retry-after': '120' } }, { outcome: 'refused', status: 429, retryAfterMs: 120_000, retryAfter: '120' }],
  ['a Slack without that channel', aSlack, { status: 404, body: 'channel_not_found' }, { outcome: 'refused', error: 'the receiver answered 404: channel_not_found' }],
  ['a Slack whose channel is archived', aSlack, { status: 410, body: 'channel_is_archived' }, { outcome: 'gone' }],
  ['a Slack that answers 200 and not ok', aSlack, { status: 200, body: 'invalid_token' }, { outcome: 'refused', error: 'Slack answered: invalid_token' }],
  ["Slack's Web API that says so by JSON", aSlack, { status: 200, headers: json, body: '{"ok":false,"error":"not_in_channel"}' }, { outcome: 'refused', error: 'Slack answered: not_in_channel' }],
  ["Slack's Web API that took it", aSlack, { status: 200, headers: json, body: '{"ok":true,"ts":"1"}' }, { outcome: 'accepted' }],
  ['a Teams connector that took it', aTeams, { status: 200, body: '1' }, { outcome: 'accepted' }],
  ['a Teams connector that failed behind a 200', aTeams, { status: 200, body: 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429' }, { outcome: 'refused' }],
  ["a proxy's page in place of PagerDuty", aPagerduty, { status: 200, body: '<html>' }, { outcome: 'refused', status: 200 }],
  ['PagerDuty that is asked too often', aPagerduty, { status: 429 }, { outcome: 'refused', status: 429 }],
  ['an Alertmanager that refuses', anAlertmanager, { status: 400, headers: json, body: '"at least one label pair required"' }, { outcome: 'refused', error: 'the receiver answered 400: "at least one label pair required"' }],
]
test.each(refusals)('what %s says is understood', async (_name, integrationAt, answer, expected) => {
  await using receiver = await anHttpReceiver(() => answer)
  expect(await send(integrationAt(receiver.url), notification, attempt)).toMatchObject(expected)
})

test("a receiver that doesn't answer in its time, or that isn't there, is unreachable", async () => {
  const closed = await anHttpReceiver(() => undefined)
  await closed[Symbol.asyncDispose]()
  await using silent = await anHttpReceiver(() => undefined)
  expect(await send(aWebhook(silent.url, { timeoutMs: 50 }), notification, attempt)).toMatchObject({ outcome: 'unreachable', error: 'the receiver did not answer in time' })
  expect(await send(aWebhook(closed.url), notification, attempt)).toMatchObject({ outcome: 'unreachable', error: 'the receiver could not be reached: ECONNREFUSED' })
})

test('an attempt that is broken off says so', async () => {
  await using silent = await anHttpReceiver(() => undefined)
  expect(await send(aWebhook(silent.url), notification, { ...attempt, signal: AbortSignal.abort() })).toMatchObject({ outcome: 'unreachable', error: 'the attempt was broken off' })
})

test('why the guarded client refused an address is told, and other errors by their code alone', async () => {
  const refusing = senderBy(() => Promise.reject(Object.assign(new Error('the receiver is on an inner network'), { name: 'RequestFailed' })))
  expect(await refusing(aWebhook('http://10.0.0.1/'), notification, attempt)).toMatchObject({ outcome: 'unreachable', error: 'the receiver is on an inner network' })
  const failing = senderBy(() => Promise.reject(Object.assign(new Error('connect http://u:p@x/sEcReT'), { code: 'ECONNRESET' })))
  expect(await failing(aWebhook('http://x/'), notification, attempt)).toMatchObject({ error: 'the receiver could not be reached: ECONNRESET' })
})

test.each([
  ['webhook', (url: string) => aWebhook(`${url}/hook/sEcReTpAtH?token=sEcReTqUeRy`, { signingSecrets: [`whsec_${Buffer.from('sEcReTsEcReTsEcReTsEcReT').toString('base64')}`], authorization: { type: 'bearer', credentials: 'sEcReTtOkEn' } })],
  ['slack', aSlack],
  ['msteams', aTeams],
  ['pagerduty', aPagerduty],
  ['alertmanager', (url: string) => anAlertmanager(url, { authorization: { type: 'basic', username: 'ott', password: 'sEcReTpAsS' } })],
] as const)('no secret of a %s is in what the log keeps, even where the receiver echoes all it got', async (_kind, integrationAt) => {
  await using receiver = await anHttpReceiver(({ path, headers, body }) => ({ status: 400, headers: { 'x-request-id': path }, body: JSON.stringify({ path, headers, body }).slice(0, 5_000) }))
  const logged = JSON.stringify(await send(integrationAt(receiver.url), notification, attempt))
  expect(logged).not.toMatch(/sEcReT/)
  for (const part of ['sEcReTpAsS', 'ott:sEcReTpAsS']) expect(logged).not.toContain(Buffer.from(part).toString('base64'))
  expect(logged).not.toContain(receiver.received[0]?.headers['webhook-signature'] ?? 'no signature')
})

test('a secret that cannot sign makes no message, and the log says why without it', async () => {
  const result = await send(aWebhook('http://127.0.0.1:1/', { signingSecrets: ['sEcReT'] }), notification, attempt)
  expect(result).toMatchObject({ outcome: 'unreachable', error: expect.stringContaining('signing secret') })
  expect(JSON.stringify(result)).not.toContain('sEcReT')
})

test('an Alertmanager is told below its prefix', async () => {
  await using receiver = await anHttpReceiver(() => ({ status: 200 }))
  expect(await send(anAlertmanager(receiver.url), notification, attempt)).toMatchObject({ outcome: 'accepted', request: { url: `${receiver.url}/prefix/api/v2/alerts` } })
  expect(receiver.received[0]?.path).toBe('/prefix/api/v2/alerts')
})

test('each attempt is one span that the receiver can continue, and its address is in none', async () => {
  using traced = tracingOn()
  await using receiver = await anHttpReceiver(() => ({ status: 503 }))
  await send(aWebhook(`${receiver.url}/sEcReTpAtH`), notification, { ...attempt, attempt: 3, tenantId: 'acme' })
  expect(traced.spans()).toHaveLength(1)
  const [span] = traced.spans()
  expect(span?.name).toBe('tell webhook')
  expect(span?.attributes).toEqual({ 'ott.receiver.kind': 'webhook', 'ott.tenant': 'acme', 'http.request.resend_count': 2, 'http.response.status_code': 503, 'error.type': '503' })
  expect(span?.spanContext().traceId).toBe('a'.repeat(32))
  expect(receiver.received[0]?.headers['traceparent']).toBe(`00-${'a'.repeat(32)}-${span?.spanContext().spanId}-01`)
})
