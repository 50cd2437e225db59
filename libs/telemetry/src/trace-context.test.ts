import { expect, test } from '@jest/globals'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import { contextOf, spanContextOf, traceparentOf } from './trace-context.ts'

const ids = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }

test.each(['00', '01', '03', 'ff'])('a traceparent with flags %s comes out as it went in', (flags) => {
  const traceparent = `00-${ids.traceId}-${ids.spanId}-${flags}`
  const spanContext = spanContextOf(traceparent)
  expect(spanContext).toMatchObject({ ...ids, isRemote: true })
  expect(traceparentOf(spanContext ?? { traceId: '', spanId: '', traceFlags: 0 })).toBe(traceparent)
})

test.each([undefined, '', 'no trace', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`, `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`, `00-${'A'.repeat(32)}-${'b'.repeat(16)}-01`, `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01-more`])(
  '%j names no trace, so that a new one begins',
  (traceparent) => {
    expect(spanContextOf(traceparent)).toBeUndefined()
    expect(contextOf(traceparent)).toBe(ROOT_CONTEXT)
  },
)
