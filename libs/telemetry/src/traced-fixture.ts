import { context, trace, type Tracer } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace'

export interface Traced extends Disposable {
  readonly tracer: Tracer
  /** What has ended so far. */
  spans(): readonly ReadableSpan[]
}

/** Tracing switched on for one test, in this process. */
export function tracingOn(): Traced {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(provider)
  return {
    tracer: provider.getTracer('test'),
    spans: () => exporter.getFinishedSpans(),
    [Symbol.dispose]() {
      trace.disable()
      context.disable()
    },
  }
}
