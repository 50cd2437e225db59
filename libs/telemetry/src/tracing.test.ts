import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { traceparentOf } from './trace-context.ts'
import { tracingOn } from './traced-fixture.ts'
import { inSpan, ownTracer } from './tracing.ts'

const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
const parts = { name: 'call', kind: SpanKind.CLIENT, parent, attributes: {} }

test('while tracing is off work is handed its parent, and nothing else happens', async () => {
  expect(ownTracer()).toBeUndefined()
  expect(await inSpan(parts, async ({ traceparent, fail }) => (fail('x'), traceparent))).toBe(parent)
})

test('work in a span is handed that span, whose failure is told by type', async () => {
  using traced = tracingOn()
  const seen = await inSpan(parts, async ({ traceparent, fail }) => (fail('500'), traceparent))
  const [span] = traced.spans()
  expect(span).toMatchObject({ parentSpanContext: { spanId: 'b'.repeat(16) }, status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': '500' } })
  expect(span && traceparentOf(span.spanContext())).toBe(seen)
})

test('a call to the outside is told once: what instruments the client by itself stays silent inside', async () => {
  using traced = tracingOn()
  await inSpan(parts, async () => traced.tracer.startSpan('the whole address').end())
  expect(traced.spans().map(({ name }) => name)).toEqual(['call'])
})

test.each([
  ['without a collector', {}, false],
  ['with a collector', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, true],
  ['with a collector, disabled', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' }, false],
])('%s the register file switches tracing accordingly', async (_what, environment, on) => {
  const program = `
    const { ownTracer } = await import(${JSON.stringify(import.meta.resolve('./tracing.ts'))})
    console.log(ownTracer() !== undefined)
    process.exit(0)`
  const { stdout } = await promisify(execFile)(process.execPath, [`--import=${import.meta.resolve('./register.ts')}`, '--input-type=module', '-e', program], {
    env: { PATH: process.env['PATH'], ...environment },
  })
  expect(JSON.parse(stdout)).toBe(on)
})
