import { context, SpanKind, trace, type Span } from '@opentelemetry/api'
import { tenantOfInboundTopic } from '@ott/contracts/topics'
import type { OutboundRecord } from '@ott/pipeline/record'
import { contextOf, traceparentOf } from './trace-context.ts'
import { inboundTopicTemplate } from './trace-stage.ts'
import { failSpan, nameOf, ownTracer } from './tracing.ts'

/**
 * Publishes with a span for each record, below the span that the record's traceparent names; the record then carries the
 * new one. A record that brought a trace of its own keeps it, and links to the request that brought it.
 */
export async function publishInSpans(records: readonly OutboundRecord[], publish: (records: readonly OutboundRecord[]) => Promise<void>): Promise<void> {
  const tracer = ownTracer()
  if (tracer === undefined) return publish(records)
  const request = trace.getSpanContext(context.active())
  const spans: Span[] = []
  const traced = records.map((record) => {
    const { topic, headers } = record
    const parent = contextOf(headers['traceparent'])
    const isOwn = request !== undefined && trace.getSpanContext(parent)?.traceId !== request.traceId
    const tenant = tenantOfInboundTopic(topic)
    const attributes = {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
      'messaging.destination.name': topic,
      ...(tenant === undefined ? {} : { 'messaging.destination.template': inboundTopicTemplate, 'ott.tenant': tenant }),
    }
    const name = `publish ${tenant === undefined ? topic : inboundTopicTemplate}`
    const span = tracer.startSpan(name, { kind: SpanKind.PRODUCER, attributes, links: isOwn ? [{ context: request }] : [] }, parent)
    spans.push(span)
    return { ...record, headers: { ...headers, traceparent: traceparentOf(span.spanContext()) } }
  })
  try {
    await publish(traced)
  } catch (thrown) {
    for (const span of spans) failSpan(span, nameOf(thrown))
    throw thrown
  } finally {
    for (const span of spans) span.end()
  }
}
