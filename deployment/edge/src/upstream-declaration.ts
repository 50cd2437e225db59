import { z } from 'zod'

/** The upstreams of kong.yml: names that services point at, their targets and how these are checked. */
const seconds = z.number().min(0).max(65_535)
/** How often in a row; 0 switches this reason off. */
const times = z.int().min(0).max(255).default(0)
const statuses = z.array(z.int().min(100).max(999))
const http = z.literal('http', { error: 'must be http: the edge does not support other checks' }).default('http')

const active = z.strictObject({
  type: http,
  http_path: z.string().startsWith('/'),
  timeout: seconds.min(0.1),
  concurrency: z.int().min(1).default(10),
  healthy: z.strictObject({ interval: seconds.min(0.05), successes: times, http_statuses: statuses }),
  unhealthy: z.strictObject({ interval: seconds.min(0.05), http_failures: times, tcp_failures: times, timeouts: times, http_statuses: statuses }),
})

const passive = z.strictObject({
  type: http,
  healthy: z.strictObject({
    successes: z.literal(0, { error: 'must be 0: the edge does not support counting good answers' }).default(0),
  }),
  unhealthy: z.strictObject({ http_failures: times, tcp_failures: times, timeouts: times, http_statuses: statuses }),
})

const target = z.strictObject({
  target: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:[0-9]{1,5}$/, 'must be a host name and a port'),
  tags: z.array(z.string()).optional(),
})

export const upstreamDeclaration = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'must be a host name'),
  algorithm: z.literal('round-robin', { error: 'must be round-robin: the edge does not support other algorithms' }).default('round-robin'),
  targets: z.array(target).length(1, 'must hold one target: the edge does not support spreading requests'),
  healthchecks: z.strictObject({ active, passive }),
  tags: z.array(z.string()).optional(),
})

export type KongUpstream = z.infer<typeof upstreamDeclaration>
export type HealthChecks = KongUpstream['healthchecks']
