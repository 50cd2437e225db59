import { isSpanContextValid, ROOT_CONTEXT, trace, type Context, type SpanContext } from '@opentelemetry/api'
import { isTraceparent } from '@ott/contracts/traceparent'

/**
 * The span that a W3C traceparent names, as a parent of spans here; nothing above when it names none. Records carry this
 * form whatever propagators are configured for HTTP: it is part of their contract.
 */
export function contextOf(traceparent: string | undefined): Context {
  const spanContext = spanContextOf(traceparent)
  return spanContext === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext)
}

/** What a W3C traceparent names; undefined for anything else. */
export function spanContextOf(traceparent: string | undefined): SpanContext | undefined {
  if (!isTraceparent(traceparent)) return undefined
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-')
  const spanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return isSpanContextValid(spanContext) ? spanContext : undefined
}

/** The W3C traceparent by which others continue a span. */
export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`
}
