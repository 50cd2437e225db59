import { Counter, Gauge, type Registry } from './metrics.ts'

/** One series of a gauge and its value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

export interface SampledGaugeOptions {
  readonly registry: Registry
  /** Gauges that are read together; each sample says which it belongs to by its place here. */
  readonly gauges: readonly { readonly name: string; readonly help: string; readonly labelNames: readonly string[] }[]
  /** What is read, in a word: a label of the failures. */
  readonly what: string
  /** Asked no more often than this, however many scrape. */
  readonly freshMs: number
  /** A scrape waits this long; what comes later is there for the next one. */
  readonly waitMs: number
  readonly nowMs: () => number
  /** Samples of each gauge, in the gauges' order. */
  read(): Promise<readonly (readonly Sample[])[]>
}

/** A value that is older than this many readings is none: a gap shows, where a line that stays level would lie. */
const readingsMissedMax = 4

/**
 * Gauges whose values have to be asked for. They are asked for when somebody scrapes, one reading at a time, each kept for a
 * while; a source that is slow or away delays no scrape and shows as a gap and as a failure.
 */
export function sampleGauges({ registry, gauges, what, freshMs, waitMs, nowMs, read }: SampledGaugeOptions): void {
  const failures = failuresIn(registry)
  let readAtMs = Number.NEGATIVE_INFINITY
  let triedAtMs = Number.NEGATIVE_INFINITY
  let underWay: Promise<void> | undefined

  const sample = async (): Promise<void> => {
    triedAtMs = nowMs()
    try {
      const samples = await read()
      readAtMs = nowMs()
      for (const [place, gauge] of made.entries()) {
        gauge.reset()
        for (const { labels, value } of samples[place] ?? []) gauge.set(labels, value)
      }
    } catch {
      failures.inc({ what })
    } finally {
      underWay = undefined
    }
  }
  const collect = async (): Promise<void> => {
    if (nowMs() - triedAtMs >= freshMs) underWay ??= sample()
    if (underWay !== undefined) {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, waitMs)
      await Promise.race([underWay, late])
      clearTimeout(timer)
    }
    if (nowMs() - readAtMs > freshMs * readingsMissedMax) for (const gauge of made) gauge.reset()
  }
  const made = gauges.map(({ name, help, labelNames }) => new Gauge({ name, help, labelNames: [...labelNames], registers: [registry], collect }))
}

/** Shared by all that is sampled in a service. */
function failuresIn(registry: Registry): Counter {
  const name = 'ott_sample_failures_total'
  return (
    (registry.getSingleMetric(name) as Counter | undefined) ??
    new Counter({ name, help: 'Readings for gauges that failed; the gauge has a gap then.', labelNames: ['what'], registers: [registry] })
  )
}
