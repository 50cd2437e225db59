import { lookup } from 'node:dns/promises'
import { BlockList, isIPv6 } from 'node:net'
import { SpanKind } from '@opentelemetry/api'
import { inSpan, nameOf, type SpanParts } from '@ott/telemetry/tracing'
import { Webhook } from 'standardwebhooks'

export interface WebhookMessage {
  readonly url: string
  readonly secret: string
  readonly id: string
  readonly atMs: number
  readonly body: string
  readonly tenantId?: string
  /** Counted from 1. */
  readonly attempt?: number
  /** The step of a trace that this call belongs to; the receiver gets one that continues it. */
  readonly traceparent?: string | undefined
}

/** Posts one message to a receiver, signed; resolves with an error text when it wasn't taken. */
export type PostWebhook = (message: WebhookMessage) => Promise<string | undefined>

const timeoutMs = 5_000

/** Addresses inside the installation's own network (RFC 6890): a tenant must not make the platform call them. */
const inner = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['224.0.0.0', 3],
] as const) inner.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [['::', 127], ['64:ff9b::', 96], ['fc00::', 7], ['fe80::', 10], ['ff00::', 8]] as const) inner.addSubnet(network, prefix, 'ipv6')

/** An IPv4 address inside an IPv6 one (`::ffff:10.0.0.1`) is looked up in the IPv4 list by Node itself. */
export function isInnerAddress(address: string): boolean {
  return inner.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/**
 * A sender by the Standard Webhooks specification: `webhook-id`, `webhook-timestamp` and an HMAC-SHA-256 signature over
 * both and the body. Redirects aren't followed; an answer other than 2xx within 5 s is a failure.
 * @param allowInner lets receivers be on the installation's own network, as on a developer's machine
 */
export function createWebhookSender(allowInner: boolean): PostWebhook {
  return (message) => inSpan(spanOf(message), async (span) => {
    const { url, secret, id, atMs, body } = message
    try {
      if (!allowInner) {
        const addresses = await lookup(new URL(url).hostname.replace(/^\[|\]$/g, ''), { all: true })
        if (addresses.some(({ address }) => isInnerAddress(address))) {
          span.fail('inner_network')
          return 'the receiver is on an inner network'
        }
      }
      const timestamp = new Date(atMs)
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'ott-compliance-alerting',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(atMs / 1_000)),
          'webhook-signature': new Webhook(secret).sign(id, timestamp, body),
          ...(span.traceparent === undefined ? {} : { traceparent: span.traceparent }),
        },
      })
      await response.body?.cancel()
      span.set({ 'http.response.status_code': response.status })
      if (response.ok) return undefined
      span.fail(String(response.status))
      return `the receiver answered ${response.status}`
    } catch (error) {
      span.fail(nameOf(error))
      return describeFailure(error)
    }
  })
}

/** Tells which tenant's receiver is called and for the how manieth time; its address may hold credentials and stays out. */
function spanOf({ url, tenantId, attempt = 1, traceparent }: WebhookMessage): SpanParts {
  const attributes = {
    'http.request.method': 'POST',
    'server.address': URL.parse(url)?.hostname,
    'http.request.resend_count': attempt > 1 ? attempt - 1 : undefined,
    'ott.tenant': tenantId,
  }
  return { name: 'POST webhook', kind: SpanKind.CLIENT, parent: traceparent, attributes }
}

/** Never quotes the error's text, which may hold the address with its credentials. */
function describeFailure(error: unknown): string {
  const { name, cause } = (error ?? {}) as { name?: unknown; cause?: { code?: unknown } }
  if (name === 'TimeoutError') return `no answer within ${timeoutMs / 1_000} s`
  return typeof cause?.code === 'string' ? `the receiver could not be reached: ${cause.code}` : 'the receiver could not be reached'
}
