import { expect, test } from '@jest/globals'
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { OutboundRecord } from '@ott/pipeline/record'
import { traceparentOf } from './trace-context.ts'
import { publishInSpans } from './trace-publish.ts'
import { tracingOn } from './traced-fixture.ts'
import { currentTraceparent } from './tracing.ts'

const recordWith = (traceparent: string | undefined): OutboundRecord => ({ topic: 'events.inbound.acme.v1', key: 'acme:viewer', value: 'v', headers: traceparent === undefined ? {} : { traceparent } })
const own = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`

test('while tracing is off the very same records are published', async () => {
  const records = [recordWith(own), recordWith(undefined)]
  let published: readonly OutboundRecord[] = []
  await publishInSpans(records, async (given) => void (published = given))
  expect(published).toBe(records)
  expect(currentTraceparent()).toBeUndefined()
})

test('a record continues the request, or the trace it brought, which then links to the request', async () => {
  using traced = tracingOn()
  const request = traced.tracer.startSpan('POST /v1/events', { kind: SpanKind.SERVER })
  let published: readonly OutboundRecord[] = []
  await context.with(trace.setSpan(context.active(), request), () =>
    publishInSpans([recordWith(currentTraceparent()), recordWith(own)], async (given) => void (published = given)),
  )
  const spans = traced.spans()
  expect(spans.map(({ name, kind, parentSpanContext, links }) => [name, kind, parentSpanContext?.spanId, links.length])).toEqual([
    ['publish events.inbound.{tenant}.v1', SpanKind.PRODUCER, request.spanContext().spanId, 0],
    ['publish events.inbound.{tenant}.v1', SpanKind.PRODUCER, 'd'.repeat(16), 1],
  ])
  expect(spans[1]?.links[0]?.context.spanId).toBe(request.spanContext().spanId)
  expect(published.map(({ headers }) => headers['traceparent'])).toEqual(spans.map((span) => traceparentOf(span.spanContext())))
})

test('what the broker did not take is told by the kind of the error, and the error comes out', async () => {
  using traced = tracingOn()
  await expect(publishInSpans([recordWith(own)], () => Promise.reject(new RangeError('secret')))).rejects.toThrow('secret')
  expect(traced.spans()).toMatchObject([{ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'RangeError' } }])
  expect(JSON.stringify(traced.spans().map(({ status, attributes, events }) => ({ status, attributes, events })))).not.toContain('secret')
})
