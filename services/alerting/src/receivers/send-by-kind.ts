import { SpanKind } from '@opentelemetry/api'
import type { HttpAuthorization, Integration } from '@ott/alert-routing/configuration'
import type { Notification } from '@ott/alert-routing/notification'
import { inSpan, type SpanParts } from '@ott/telemetry/tracing'
import { alertmanagerAlerts } from './alertmanager-alerts.ts'
import { msteamsMessage } from './msteams-message.ts'
import { pagerdutyEvent } from './pagerduty-event.ts'
import { postMessage, unlessStatus, type Judge, type Post } from './post-message.ts'
import type { SafeRequest, SafeResponse } from '../deliveries/safe-request.ts'
import type { Attempt, SendNotification, SmtpAccess } from './sender.ts'
import { signWebhook } from './sign-webhook.ts'
import { slackMessage } from './slack-message.ts'
import { createSmtpSender } from './smtp-sender.ts'
import { webhookMessage } from './webhook-message.ts'

export interface SenderOptions {
  readonly request: SafeRequest
  readonly smtp: SmtpAccess
  /** Of this installation: greets SMTP servers and stands in Message-IDs. */
  readonly hostname: string
}

type OfKind<K extends Integration['kind']> = Extract<Integration, { kind: K }>

const timeoutMs = 10_000
const timeoutMsMax = 25_000

/** Tells a receiver in the way of its kind. Each attempt is a span, and webhooks get what continues it. */
export function createSender({ request, smtp, hostname }: SenderOptions): SendNotification {
  const sendMail = createSmtpSender({ smtp, hostname })
  const tell: SendNotification = async (integration, notification, attempt) => {
    try {
      if (integration.kind === 'email') return await sendMail(integration, notification, attempt)
      const { post, judge } = messageFor(integration, notification, attempt)
      return await postMessage(request, post, judge, attempt)
    } catch (error) {
      // An address or a signing secret that can't be used: what is wrong is told, and neither of them.
      const reason = error instanceof TypeError ? error.message : 'unknown'
      return { outcome: 'unreachable', error: `no message could be made for the receiver: ${reason}`, request: { url: `${integration.kind}:`, headers: {}, bytes: 0 } }
    }
  }
  return (integration, notification, attempt) =>
    inSpan(spanOf(integration, attempt), async (span) => {
      const result = await tell(integration, notification, { ...attempt, traceparent: span.traceparent })
      if (result.status !== undefined && integration.kind !== 'email') span.set({ 'http.response.status_code': result.status })
      if (result.outcome !== 'accepted') span.fail(result.status === undefined ? result.outcome : String(result.status))
      return result
    })
}

/** Tells the kind of the receiver and for the how manieth time it is told; its address is a secret and stays out. */
function spanOf({ kind }: Integration, { attempt, tenantId, traceparent }: Attempt): SpanParts {
  const attributes = { 'ott.receiver.kind': kind, 'ott.tenant': tenantId, 'http.request.resend_count': attempt > 1 ? attempt - 1 : undefined }
  return { name: `tell ${kind}`, kind: SpanKind.CLIENT, parent: traceparent, attributes }
}

function messageFor(integration: Exclude<Integration, { kind: 'email' }>, notification: Notification, attempt: Attempt): { readonly post: Post; readonly judge: Judge } {
  switch (integration.kind) {
    case 'webhook':
      return { post: webhookPost(integration, notification, attempt), judge: unlessStatus((status) => status >= 200 && status < 300) }
    case 'slack':
      return { post: { ...secretAddress(integration.apiUrl), body: slackMessage(notification, integration), headers: {}, timeoutMs }, judge: judgeSlack }
    case 'msteams':
      return { post: { ...secretAddress(integration.webhookUrl), body: msteamsMessage(notification, integration), headers: {}, timeoutMs }, judge: judgeTeams }
    case 'pagerduty':
      return {
        post: { ...openAddress(integration.url), body: pagerdutyEvent(notification, integration), headers: {}, secrets: [integration.routingKey], timeoutMs },
        // Anything else, a 200 of a proxy's page say, isn't PagerDuty's word that it has the event.
        judge: unlessStatus((status) => status === 202, explainPagerduty),
      }
    case 'alertmanager':
      return {
        post: {
          ...openAddress(alertsUrl(integration.url)),
          body: alertmanagerAlerts(notification, attempt.atMs, integration.sendResolved),
          headers: traced(attempt),
          secretHeaders: authorizationHeader(integration.authorization),
          secrets: secretsOf(integration.authorization),
          timeoutMs,
        },
        judge: unlessStatus((status) => status === 200, ({ body }) => body.slice(0, 300)),
      }
  }
}

function webhookPost(integration: OfKind<'webhook'>, notification: Notification, attempt: Attempt): Post {
  const body = webhookMessage(notification, integration.maxAlerts)
  const { 'webhook-signature': signature, ...headers } = signWebhook({ id: attempt.messageId, atMs: attempt.atMs, body, secrets: integration.signingSecrets })
  return {
    ...secretAddress(integration.url),
    body,
    headers: { ...headers, ...traced(attempt) },
    secretHeaders: { ...authorizationHeader(integration.authorization), ...(signature === undefined ? {} : { 'webhook-signature': signature }) },
    secrets: [...secretAddress(integration.url).secrets, ...secretsOf(integration.authorization)],
    timeoutMs: Math.min(integration.timeoutMs ?? timeoutMs, timeoutMsMax),
  }
}

/** Slack answers an incoming webhook `ok`, and says in a word what is wrong: `no_service`, `channel_is_archived`. Its Web API tells by JSON, with a 200 too. */
const judgeSlack: Judge = (response) => {
  const refusal = unlessStatus((status) => status === 200, ({ body }) => body.slice(0, 200))(response)
  if (refusal !== undefined) return refusal
  const json = readJson(response)
  if (json === undefined) return response.body.trim() === 'ok' ? undefined : `Slack answered: ${response.body.slice(0, 200)}`
  return json['ok'] === true ? undefined : `Slack answered: ${typeof json['error'] === 'string' ? json['error'] : 'not ok'}`
}

/** A workflow answers 202, a classic connector 200: with `1`, or with a sentence that tells how Teams refused. */
const judgeTeams: Judge = (response) => {
  const refusal = unlessStatus((status) => status === 202 || status === 200, ({ body }) => body.slice(0, 200))(response)
  if (refusal !== undefined) return refusal
  return /delivery failed|HTTP error \d{3}/i.test(response.body) ? `Teams answered: ${response.body.slice(0, 200)}` : undefined
}

function explainPagerduty(response: SafeResponse): string {
  const { message, errors } = readJson(response) ?? {}
  return [message, ...(Array.isArray(errors) ? errors : [])].filter((part) => typeof part === 'string').join(', ').slice(0, 300)
}

function readJson({ headers, body }: SafeResponse): Readonly<Record<string, unknown>> | undefined {
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) return undefined
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** An address whose path is what lets one post there. */
function secretAddress(url: string) {
  const { origin, pathname, search } = new URL(url)
  return { url, loggedUrl: `${origin}/***`, secrets: [`${pathname}${search}`, pathname, search] }
}

function openAddress(url: string) {
  const { origin, pathname } = new URL(url)
  return { url, loggedUrl: `${origin}${pathname}` }
}

/** Alertmanager may stand below a prefix (`--web.route-prefix`). */
function alertsUrl(base: string): string {
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v2/alerts`
  return url.href
}

function traced({ traceparent }: Attempt): Record<string, string> {
  return traceparent === undefined ? {} : { traceparent }
}

function authorizationHeader(authorization: HttpAuthorization | undefined): Record<string, string> {
  if (authorization === undefined) return {}
  if (authorization.type === 'bearer') return { authorization: `Bearer ${authorization.credentials}` }
  return { authorization: `Basic ${Buffer.from(`${authorization.username}:${authorization.password}`).toString('base64')}` }
}

function secretsOf(authorization: HttpAuthorization | undefined): readonly string[] {
  if (authorization === undefined) return []
  return authorization.type === 'bearer' ? [authorization.credentials] : [authorization.password, Buffer.from(`${authorization.username}:${authorization.password}`).toString('base64')]
}
