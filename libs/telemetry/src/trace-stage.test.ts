import { expect, test } from '@jest/globals'
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Received } from '@ott/pipeline/define-stage'
import type { InboundRecord } from '@ott/pipeline/record'
import { spanContextOf, traceparentOf } from './trace-context.ts'
import { traceStage } from './trace-stage.ts'
import { tracingOn, type Traced } from './traced-fixture.ts'

const parentOf = (digit: string, flags = '01') => `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`

function received(digit: string, parts: Partial<Received<string>> = {}): Received<string> {
  const record: InboundRecord = { topic: 'events.accepted.v1', partition: 2, offset: BigInt(`0x${digit}`), timestampMs: 0, key: 'acme:secret-viewer', value: Buffer.from('secret-value'), headers: { traceparent: parentOf(digit) } }
  return { record, event: 'secret-event', tenantId: 'acme', subject: 'secret-viewer', time: '', id: `id-${digit}`, traceparent: parentOf(digit), ...parts }
}

const stageOf = ({ tracer }: Traced) => traceStage(tracer, { stage: 'compliance', group: 'stage.compliance' })
const emitted = ({ record, tenantId }: Received<string>) => ({ record, tenantId, outcome: { kind: 'emitted' as const } })
const named = (spans: readonly ReadableSpan[], name: string) => spans.filter((span) => span.name === name)

test('each event of a batch gets a span of its own below its own trace, and hands that on', () => {
  using traced = tracingOn()
  const stage = stageOf(traced)
  const batch = ['a', 'b'].map((digit) => received(digit))
  const followed = batch.map((one) => stage.follow(one))
  stage.settled(batch.map(emitted))
  const spans = named(traced.spans(), 'process events.accepted.v1')
  expect(spans.map((span) => [span.spanContext().traceId, span.parentSpanContext?.spanId, span.kind])).toEqual(
    ['a', 'b'].map((digit) => [digit.repeat(32), digit.repeat(16), SpanKind.CONSUMER]),
  )
  expect(followed.map(({ traceparent }) => traceparent)).toEqual(spans.map((span) => traceparentOf(span.spanContext())))
  expect(spans[0]?.attributes).toEqual({
    'messaging.system': 'kafka',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'events.accepted.v1',
    'messaging.destination.partition.id': '2',
    'messaging.kafka.offset': 10,
    'messaging.consumer.group.name': 'stage.compliance',
    'messaging.message.id': 'id-a',
    'ott.stage': 'compliance',
    'ott.tenant': 'acme',
    'ott.outcome': 'emitted',
  })
})

test('what is shared by a batch stands below its first event, names the others and is named by them', async () => {
  using traced = tracingOn()
  const stage = stageOf(traced)
  const batch = ['a', 'b', 'c'].map((digit) => received(digit))
  for (const one of batch) stage.follow(one)
  const inside = await stage.share(batch, async () => trace.getSpanContext(context.active())?.spanId)
  stage.settled(batch.map(emitted))
  const [shared] = named(traced.spans(), 'batch compliance')
  const [first, ...others] = named(traced.spans(), 'process events.accepted.v1')
  expect(shared?.spanContext().spanId).toBe(inside)
  expect(shared?.parentSpanContext?.spanId).toBe(first?.spanContext().spanId)
  expect(shared?.links.map((link) => link.context.spanId)).toEqual(others.map((span) => span.spanContext().spanId))
  expect(others.map(({ links }) => links.map((link) => link.context.spanId))).toEqual([[inside], [inside]])
})

test('a batch of which nobody keeps a trace is worked on without a span', async () => {
  using traced = tracingOn()
  const stage = stageOf(traced)
  const one = received('a', { traceparent: parentOf('a', '00') })
  expect(stage.follow(one).traceparent).toMatch(new RegExp(`^00-${'a'.repeat(32)}-[0-9a-f]{16}-00$`))
  expect(await stage.share([one], async () => trace.getSpan(context.active()))).toBeUndefined()
  stage.settled([emitted(one)])
  expect(traced.spans()).toEqual([])
})

test('a try that is repeated goes on with the same span', async () => {
  using traced = tracingOn()
  const stage = stageOf(traced)
  const one = received('a')
  const before = stage.follow(one).traceparent
  await expect(stage.share([one], async () => Promise.reject(new TypeError('secret-value')))).rejects.toThrow('secret-value')
  // The first stage reads a record anew for each try.
  expect(stage.follow({ ...one, record: { ...one.record } }).traceparent).toBe(before)
  stage.settled([emitted(one)])
  expect(named(traced.spans(), 'process events.accepted.v1')).toHaveLength(1)
  expect(named(traced.spans(), 'batch compliance')).toMatchObject([{ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'TypeError' } }])
})

test('a record that is given back ends its span as failed, one that is settled stays as it was', () => {
  using traced = tracingOn()
  const stage = stageOf(traced)
  const batch = ['a', 'b'].map((digit) => received(digit))
  for (const one of batch) stage.follow(one)
  stage.settled(batch.slice(0, 1).map(emitted))
  stage.givenBack(batch.map(({ record }) => record))
  stage.givenBack(batch.map(({ record }) => record))
  expect(traced.spans().map(({ attributes, status }) => [attributes['ott.outcome'], status.code])).toEqual([
    ['emitted', SpanStatusCode.UNSET],
    ['given_back', SpanStatusCode.ERROR],
  ])
})

test('what could not be read is told of in the trace it brought, with the reason and without the detail', () => {
  using traced = tracingOn()
  const { record } = received('a')
  stageOf(traced).settled([{ record, tenantId: 'acme', outcome: { kind: 'dead_lettered', reason: 'malformed', detail: 'secret-detail' } }])
  expect(traced.spans()).toMatchObject([
    { parentSpanContext: { traceId: 'a'.repeat(32) }, status: { code: SpanStatusCode.ERROR }, attributes: { 'ott.outcome': 'dead_lettered', 'ott.reason': 'malformed' } },
  ])
})

test('a trace that was made up begins here: its root is a span that somebody has', () => {
  using traced = tracingOn()
  const stage = stageOf(traced)
  const one = received('a', { isTraceDerived: true })
  const { traceparent } = stage.follow(one)
  stage.settled([emitted(one)])
  expect(traced.spans()).toMatchObject([{ parentSpanContext: undefined }])
  expect(spanContextOf(traceparent)?.traceId).not.toBe('a'.repeat(32))
})

test('a tenant\'s own topic makes no span name of its own', () => {
  using traced = tracingOn()
  const one = received('a')
  const record = { ...one.record, topic: 'events.inbound.acme.v1' }
  stageOf(traced).settled([{ record, tenantId: 'acme', outcome: { kind: 'filtered', reason: 'ignored_type' } }])
  expect(traced.spans()).toMatchObject([{ name: 'process events.inbound.{tenant}.v1', attributes: { 'messaging.destination.name': 'events.inbound.acme.v1', 'ott.reason': 'ignored_type' } }])
})

test('neither subject nor key nor value nor message is told', async () => {
  using traced = tracingOn()
  const stage = stageOf(traced)
  const one = received('a')
  stage.follow(one)
  await stage.share([one], async () => Promise.reject(new Error('secret-message'))).catch(() => undefined)
  stage.givenBack([one.record])
  const told = traced.spans().map(({ name, attributes, status, events }) => ({ name, attributes, status, events }))
  expect(told).toHaveLength(2)
  expect(JSON.stringify(told)).not.toContain('secret')
})
