import { context, SpanKind, trace, type Attributes, type Context, type Link, type Span, type Tracer } from '@opentelemetry/api'
import { tenantOfInboundTopic, type StageName } from '@ott/contracts/topics'
import type { Outcome } from '@ott/pipeline/outcome'
import { coordinatesOf, type InboundRecord } from '@ott/pipeline/record'
import type { StageTracer } from '@ott/pipeline/stage-tracer'
import { contextOf, traceparentOf } from './trace-context.ts'
import { failSpan, nameOf } from './tracing.ts'

/** Links that one span keeps; the standard's own default. */
const linksMax = 128

export const inboundTopicTemplate = 'events.inbound.{tenant}.v1'

/**
 * One span per event and stage, by OpenTelemetry's conventions for messaging: `process <topic>`, child of the span that
 * published the record, parent of what the event makes here. A batch shares its transaction: that is one span below the
 * first event's, and the others' spans link to it. Carries ids, places and outcomes; never keys, subjects or values.
 */
export function traceStage(tracer: Tracer, { stage, group }: { stage: StageName; group: string }): StageTracer {
  /** Of the records in work, by their coordinates: a try that is repeated goes on with the same span. */
  const open = new Map<string, Span>()

  const begin = (record: InboundRecord, parent: Context, more: Attributes): Span => {
    const template = tenantOfInboundTopic(record.topic) === undefined ? undefined : inboundTopicTemplate
    const attributes: Attributes = {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': record.topic,
      'messaging.destination.partition.id': String(record.partition),
      'messaging.kafka.offset': Number(record.offset),
      'messaging.consumer.group.name': group,
      'ott.stage': stage,
      ...(template === undefined ? {} : { 'messaging.destination.template': template }),
      ...more,
    }
    return tracer.startSpan(`process ${template ?? record.topic}`, { kind: SpanKind.CONSUMER, attributes }, parent)
  }

  return {
    follow(received) {
      const { record, tenantId, id, traceparent, isTraceDerived } = received
      const place = coordinatesOf(record)
      let span = open.get(place)
      if (span === undefined) {
        // Nobody has a span of the id that was made up; whether this trace is kept is then decided here, as for any root.
        const parent = contextOf(isTraceDerived === true ? undefined : traceparent)
        span = begin(record, parent, { 'ott.tenant': tenantId, 'messaging.message.id': id })
        open.set(place, span)
      }
      return { ...received, traceparent: traceparentOf(span.spanContext()) }
    },
    async share(batch, work) {
      const spans = batch.map(({ record }) => open.get(coordinatesOf(record))).filter((span) => span?.isRecording() === true) as Span[]
      const [first, ...others] = spans
      if (first === undefined) return work()
      const above = trace.setSpan(context.active(), first)
      const links: Link[] = others.slice(0, linksMax).map((span) => ({ context: span.spanContext() }))
      const attributes = { 'ott.stage': stage, 'messaging.batch.message_count': batch.length }
      const shared = tracer.startSpan(`batch ${stage}`, { kind: SpanKind.INTERNAL, attributes, links }, above)
      for (const span of others) span.addLink({ context: shared.spanContext() })
      try {
        return await context.with(trace.setSpan(above, shared), work)
      } catch (thrown) {
        failSpan(shared, nameOf(thrown))
        throw thrown
      } finally {
        shared.end()
      }
    },
    settled(records) {
      for (const { record, tenantId, outcome } of records) {
        const place = coordinatesOf(record)
        // What could not even be read never got as far as a span.
        const span = open.get(place) ?? begin(record, contextOf(record.headers['traceparent']), { 'ott.tenant': tenantId })
        open.delete(place)
        tellOutcome(span, outcome)
        span.end()
      }
    },
    givenBack(records) {
      if (open.size === 0) return
      for (const record of records) {
        const place = coordinatesOf(record)
        const span = open.get(place)
        if (span === undefined) continue
        open.delete(place)
        span.setAttribute('ott.outcome', 'given_back')
        failSpan(span, 'given_back')
        span.end()
      }
    },
  }
}

function tellOutcome(span: Span, outcome: Outcome): void {
  span.setAttribute('ott.outcome', outcome.kind)
  if (!('reason' in outcome)) return
  span.setAttribute('ott.reason', outcome.reason)
  if (outcome.kind === 'dead_lettered') failSpan(span, outcome.reason)
}
