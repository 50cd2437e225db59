import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { z } from 'zod'
import type { EdgePlugin, Passage } from './plugin.ts'

/** Kong's rate-limiting by the hour of the clock, counted in memory (policy local). */
export const rateLimiting = z.strictObject({
  name: z.literal('rate-limiting'),
  config: z.strictObject({
    hour: z.int().min(1, 'must be 1 or more'),
    limit_by: z.enum(['ip', 'consumer', 'credential'], { error: 'must be ip, consumer or credential: the edge does not support others' }),
    policy: z.literal('local', { error: 'must be local: the edge does not support shared counters' }).default('local'),
    fault_tolerant: z.boolean().default(true),
    hide_client_headers: z.literal(false, { error: 'must be false: the edge does not support hiding the headers' }).default(false),
  }),
})

export type RateLimitingConfig = z.infer<typeof rateLimiting>['config']

const hourMs = 3_600_000

/**
 * Lets `hour` requests through in each hour of the clock: for each address, or for each consumer or credential where an
 * earlier plugin recognised one. A consumer's own limit stands in for the general one. Requests over it aren't counted.
 * `nowMs` is the time of day.
 */
export function createRateLimiting(
  general: RateLimitingConfig | undefined,
  ofConsumers: ReadonlyMap<string, RateLimitingConfig>,
  nowMs: () => number,
): EdgePlugin {
  const generalLimit = general === undefined ? undefined : limitOf(general)
  const limits = new Map([...ofConsumers].map(([consumer, config]) => [consumer, limitOf(config)]))
  return {
    async access(passage) {
      const limit = limits.get(passage.caller?.consumer ?? '') ?? generalLimit
      if (limit === undefined) return undefined
      const now = nowMs()
      const resetSeconds = Math.max(1, 3_600 - Math.floor((now % hourMs) / 1_000))
      const { remaining, exceeded } = await take(limit.counter, `${identify(passage, limit.config)} ${Math.floor(now / hourMs)}`, resetSeconds)
      Object.assign(passage.answerHeaders, rateLimitHeaders(limit.config.hour, remaining, resetSeconds))
      if (!exceeded) return undefined
      passage.answerHeaders['retry-after'] = String(resetSeconds)
      return { status: 429, code: 'rate-limited', detail: `No more than ${limit.config.hour} requests an hour are taken.` }
    },
  }
}

/** What Kong Gateway 3.9 tells about a limit with every answer. */
export function rateLimitHeaders(limit: number, remaining: number, resetSeconds: number): Record<string, string> {
  return {
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(resetSeconds),
    'x-ratelimit-limit-hour': String(limit),
    'x-ratelimit-remaining-hour': String(remaining),
  }
}

function limitOf(config: RateLimitingConfig) {
  return { config, counter: new RateLimiterMemory({ points: config.hour, duration: 3_600 }) }
}

async function take(counter: RateLimiterMemory, key: string, seconds: number): Promise<{ remaining: number; exceeded: boolean }> {
  try {
    const { remainingPoints } = await counter.consume(key, 1, { customDuration: seconds })
    return { remaining: remainingPoints, exceeded: false }
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal
    return { remaining: 0, exceeded: true }
  }
}

function identify({ request, caller }: Passage, { limit_by }: RateLimitingConfig): string {
  const recognised = limit_by === 'consumer' ? caller?.consumer : limit_by === 'credential' ? caller?.credential : undefined
  return recognised ?? request.socket.remoteAddress ?? ''
}
