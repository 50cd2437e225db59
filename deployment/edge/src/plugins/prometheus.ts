import { Counter, Gauge, Histogram, type Registry } from '@ott/telemetry/metrics'
import { z } from 'zod'
import type { TargetState } from '../health-checks.ts'

const on = z.literal(true, { error: 'must be true: the edge does not support leaving figures out' })

/** Kong's prometheus, under Kong's names, so that one dashboard shows both. */
export const prometheus = z.strictObject({
  name: z.literal('prometheus'),
  config: z.strictObject({
    status_code_metrics: on,
    latency_metrics: on,
    bandwidth_metrics: on,
    upstream_health_metrics: on,
    per_consumer: z.literal(false, { error: 'must be false: the edge does not support figures of consumers' }).default(false),
  }),
})

/** One answered request. Times in ms, sizes in bytes with headers. */
export interface Served {
  readonly service: string
  readonly route: string
  readonly status: number
  /** Who answered: the service, a plugin (`exit`), or the edge because the service couldn't (`error`). */
  readonly source: 'service' | 'exit' | 'error'
  readonly requestMs: number
  /** Until the service was asked, or the answer given. */
  readonly ownMs: number
  /** From sending to the service to its first byte; undefined when it was never asked, or gave no answer. */
  readonly upstreamMs: number | undefined
  readonly bytesIn: number
  readonly bytesOut: number
}

const edgeBuckets = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1_000, 3_000, 6_000]
const serviceBuckets = [25, 50, 80, 100, 250, 400, 700, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000]

/** Counts what was served. `targets` is asked when the figures are read. */
export function countServed(registry: Registry, targets: () => readonly TargetState[]): (served: Served) => void {
  const to = { registers: [registry] }
  const names = ['service', 'route'] as const
  const requests = new Counter({ ...to, name: 'kong_http_requests_total', help: 'Answers by service, route and status.', labelNames: [...names, 'code', 'source'] })
  const whole = new Histogram({ ...to, name: 'kong_request_latency_ms', help: 'From the request to the end of its answer.', labelNames: names, buckets: serviceBuckets })
  const upstream = new Histogram({ ...to, name: 'kong_upstream_latency_ms', help: 'What the service took to begin its answer.', labelNames: names, buckets: serviceBuckets })
  const own = new Histogram({ ...to, name: 'kong_kong_latency_ms', help: 'What the edge itself added before the answer began.', labelNames: names, buckets: edgeBuckets })
  const bytes = new Counter({ ...to, name: 'kong_bandwidth_bytes', help: 'Bytes by direction.', labelNames: [...names, 'direction'] })
  void new Gauge({
    ...to,
    name: 'kong_upstream_target_health',
    help: '1 for the state a target is in.',
    labelNames: ['upstream', 'target', 'state'],
    collect() {
      for (const { upstream: name, target, up } of targets()) {
        this.set({ upstream: name, target, state: 'healthy' }, up ? 1 : 0)
        this.set({ upstream: name, target, state: 'unhealthy' }, up ? 0 : 1)
      }
    },
  })
  return ({ service, route, status, source, requestMs, ownMs, upstreamMs, bytesIn, bytesOut }) => {
    const labels = { service, route }
    requests.inc({ ...labels, code: String(status), source })
    whole.observe(labels, requestMs)
    own.observe(labels, ownMs)
    if (upstreamMs !== undefined) upstream.observe(labels, upstreamMs)
    bytes.inc({ ...labels, direction: 'ingress' }, bytesIn)
    bytes.inc({ ...labels, direction: 'egress' }, bytesOut)
  }
}
