import { context, SpanKind, SpanStatusCode, trace, type Attributes, type Span, type Tracer } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { contextOf, traceparentOf } from './trace-context.ts'

/** The project's own tracer, or undefined while tracing is off: then nothing here may cost anything. */
export function ownTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider()
  // The API stands in for a provider until one is registered.
  if ('getDelegateTracer' in provider && (provider as { getDelegateTracer(name: string): unknown }).getDelegateTracer('ott') === undefined) return undefined
  return provider.getTracer('ott')
}

/** The traceparent of the span that is being worked in, such as that of an HTTP request; undefined where there is none. */
export function currentTraceparent(): string | undefined {
  const spanContext = trace.getSpanContext(context.active())
  return spanContext === undefined ? undefined : traceparentOf(spanContext)
}

export interface SpanParts {
  readonly name: string
  readonly kind: SpanKind
  /** Continued by the new span; without one it begins a trace. */
  readonly parent: string | undefined
  readonly attributes: Attributes
}

/** What a span may be told while its work goes on. */
export interface OpenSpan {
  /** By which others continue it. While tracing is off, the parent's own. */
  readonly traceparent: string | undefined
  set(attributes: Attributes): void
  /** Marks it as failed. The type is of a closed list and quotes nothing. */
  fail(type: string): void
}

/**
 * Runs work in a span of its own. While tracing is off the work only learns the parent. A call to the outside (`CLIENT`) is
 * told by this span alone: what instruments the client by itself would tell the whole address.
 */
export async function inSpan<T>({ name, kind, parent, attributes }: SpanParts, work: (span: OpenSpan) => Promise<T>): Promise<T> {
  const tracer = ownTracer()
  if (tracer === undefined) return work({ traceparent: parent, set: () => undefined, fail: () => undefined })
  const above = contextOf(parent)
  const span = tracer.startSpan(name, { kind, attributes }, above)
  const open: OpenSpan = {
    traceparent: traceparentOf(span.spanContext()),
    set: (more) => void span.setAttributes(more),
    fail: (type) => failSpan(span, type),
  }
  try {
    const inside = trace.setSpan(above, span)
    return await context.with(kind === SpanKind.CLIENT ? suppressTracing(inside) : inside, () => work(open))
  } catch (thrown) {
    failSpan(span, nameOf(thrown))
    throw thrown
  } finally {
    span.end()
  }
}

/** Marks a span as failed by the type of the error alone: messages may quote what was sent. */
export function failSpan(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

export function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : 'Error'
}

/** Sends what was measured so far; for the end of a process. Never rejects, and takes as long as the exporter's timeout at most. */
export async function flushSpans(): Promise<void> {
  const provider: unknown = trace.getTracerProvider()
  const real = (provider as { getDelegate?(): unknown }).getDelegate?.() ?? provider
  await (real as { forceFlush?(): Promise<void> }).forceFlush?.().catch(() => undefined)
}
