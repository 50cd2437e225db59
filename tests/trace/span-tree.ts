import type { ReceivedSpan } from './otlp-receiver.ts'

/** Spans from the root down to one of them, each the parent of the next. */
export function pathTo(span: ReceivedSpan, spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  const above = spans.find(({ spanId }) => spanId === span.parentSpanId)
  return above === undefined ? [span] : [...pathTo(above, spans), span]
}

/** A trace as text: a line a span, below its parent, with service, kind, duration, and when it began after the first. */
export function printTree(spans: readonly ReceivedSpan[]): string {
  const byStart = [...spans].sort((a, b) => Number(a.startNs - b.startNs))
  const first = byStart[0]?.startNs ?? 0n
  const known = new Set(spans.map(({ spanId }) => spanId))
  const lines: string[] = []
  const add = (span: ReceivedSpan, depth: number): void => {
    const label = `${'  '.repeat(depth)}${span.name}`
    const ms = (ns: bigint) => (Number(ns) / 1e6).toFixed(1)
    lines.push(`${label.padEnd(72)} ${span.service.padEnd(11)} ${span.kind.padEnd(8)} ${ms(span.endNs - span.startNs).padStart(7)} ms  at ${ms(span.startNs - first).padStart(7)} ms`)
    for (const child of byStart) if (child.parentSpanId === span.spanId) add(child, depth + 1)
  }
  for (const span of byStart) if (span.parentSpanId === undefined || !known.has(span.parentSpanId)) add(span, 0)
  return lines.join('\n')
}
