import { hash } from 'node:crypto'
import { SpanKind } from '@opentelemetry/api'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { Database } from '@ott/postgres/database'
import { inSpan, type OpenSpan } from '@ott/telemetry/tracing'
import type { DueDelivery } from '../deliveries/due-delivery.ts'
import { RequestFailed, type SafeRequest } from '../deliveries/safe-request.ts'
import type { SendDelivery, SendParts, SendResult } from '../deliveries/send-result.ts'
import { signWebhook } from '../receivers/sign-webhook.ts'
import { tenantWebhookId } from './tenant-webhook.ts'
import { liveSecrets } from './webhook.ts'
import { readWebhook } from './webhook-store.ts'

/** How long a receiver may take to answer. */
const timeoutMs = 10_000
const loggedBodyCharsMax = 1_024
const loggedHeaders = ['content-type', 'content-length', 'date', 'server', 'retry-after', 'location', 'x-request-id']

export interface WebhookSenderOptions {
  readonly request: SafeRequest
  readonly database: Database
  readonly directory: Pick<TenantDirectory, 'get'>
  readonly timeoutMs?: number
}

interface Target {
  readonly url: string
  readonly secrets: readonly string[]
}

/** Posts an event to a tenant's webhook by the Standard Webhooks specification: 2xx takes it, 410 asks for no more, anything else refuses. */
export function createWebhookSender(options: WebhookSenderOptions): SendDelivery {
  return async (delivery, parts) => {
    const target = await targetOf(delivery, options, parts.atMs)
    if (target === undefined) return { outcome: 'unroutable', error: 'there is no such webhook any more' }
    return inSpan(spanOf(target.url, delivery), (span) => post(target, delivery, options, parts, span))
  }
}

async function targetOf({ tenantId, destination }: DueDelivery, { database, directory }: WebhookSenderOptions, nowMs: number): Promise<Target | undefined> {
  if (destination.kind !== 'webhook') return undefined
  if (destination.webhookId === tenantWebhookId) {
    const own = directory.get(tenantId)?.webhook
    return own && { url: own.url, secrets: [own.secret] }
  }
  const webhook = await database.transaction([tenantId], (sql) => readWebhook(sql, tenantId, destination.webhookId))
  return webhook && { url: webhook.url, secrets: liveSecrets(webhook.secrets, nowMs).map(({ secret }) => secret) }
}

async function post({ url, secrets }: Target, delivery: DueDelivery, { request, timeoutMs: ownTimeoutMs = timeoutMs }: WebhookSenderOptions, { atMs, signal }: SendParts, span: OpenSpan): Promise<SendResult> {
  const body = JSON.stringify(delivery.content.kind === 'event' ? delivery.content.event : delivery.content.notification)
  const open = {
    'content-type': 'application/json',
    'user-agent': 'ott-compliance-alerting',
    ...(span.traceparent === undefined ? {} : { traceparent: span.traceparent }),
  }
  const signed = signWebhook({ id: delivery.messageId, atMs, body, secrets })
  const { 'webhook-signature': _signature, ...named } = signed
  const sent = { method: 'POST', url: withoutSecrets(url), headers: { ...open, ...named }, bytes: Buffer.byteLength(body), bodySha256: hash('sha256', body, 'hex') }
  try {
    const answer = await request({ url, method: 'POST', headers: { ...open, ...signed }, body, timeoutMs: ownTimeoutMs, signal })
    span.set({ 'http.response.status_code': answer.status })
    const { status, headers } = answer
    const response = { status, headers: Object.fromEntries(loggedHeaders.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name].slice(0, 256)]]))), body: answer.body.slice(0, loggedBodyCharsMax) }
    if (status >= 200 && status < 300) return { outcome: 'accepted', status, request: sent, response }
    span.fail(String(status))
    const error = answer.redirectsInside ? `the receiver answered ${status}, a redirect to an inner network` : `the receiver answered ${status}`
    return { outcome: status === 410 ? 'gone' : 'refused', status, retryAfter: headers['retry-after'], error, request: sent, response }
  } catch (thrown) {
    if (!(thrown instanceof RequestFailed)) throw thrown
    span.fail(thrown.code)
    return { outcome: 'unreachable', error: thrown.message, request: sent }
  }
}

/** An address without credentials and query, which may be secrets. */
function withoutSecrets(url: string): string {
  const parsed = URL.parse(url)
  return parsed === null ? '' : `${parsed.origin}${parsed.pathname}`
}

/** Tells which tenant's receiver is called and for the how manieth time; its address may hold credentials and stays out. */
function spanOf(url: string, { tenantId, attempts, traceparent }: DueDelivery) {
  const attributes = {
    'http.request.method': 'POST',
    'server.address': URL.parse(url)?.hostname,
    'http.request.resend_count': attempts > 1 ? attempts - 1 : undefined,
    'ott.tenant': tenantId,
  }
  return { name: 'POST webhook', kind: SpanKind.CLIENT, parent: traceparent, attributes }
}
