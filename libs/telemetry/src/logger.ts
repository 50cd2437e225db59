import { trace } from '@opentelemetry/api'
import { pino, type Logger } from 'pino'

export type { Logger } from 'pino'

const maskedKeys = ['apiKey', '["x-api-key"]', 'authorization', 'secret', 'password', 'headers']
const maskedPaths = [...maskedKeys, ...maskedKeys.map((key) => (key.startsWith('[') ? `*${key}` : `*.${key}`))]

/**
 * JSON lines on standard output, each with the service and, inside a span, the trace. Log fields are ids, counts and
 * reasons; what a contract tags as personal is never passed to a logger, and keys would be masked if they were.
 */
export function createLogger({ service, level }: { service: string; level: string }): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: maskedPaths, censor: '[redacted]' },
    mixin() {
      const context = trace.getActiveSpan()?.spanContext()
      return context === undefined ? {} : { trace_id: context.traceId, span_id: context.spanId }
    },
  })
}

/** The trace id of a W3C traceparent, for log fields. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent?.split('-')[1]
}
