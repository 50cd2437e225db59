import { z } from 'zod'
import type { EdgePlugin } from './plugin.ts'

const names = z.array(z.string().regex(/^[A-Za-z0-9-]+$/, 'must be a header name')).min(1)

/** Kong's cors for an API whose credentials are headers that a page sets itself: any origin, no cookies. */
export const cors = z.strictObject({
  name: z.literal('cors'),
  config: z.strictObject({
    origins: z.array(z.literal('*', { error: 'must be *: the edge does not support single origins' })).length(1),
    methods: z.array(z.enum(['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'])).min(1),
    headers: names,
    exposed_headers: names,
    max_age: z.int().min(0),
    credentials: z.literal(false, { error: 'must be false: the edge does not support cookies of other origins' }).default(false),
    preflight_continue: z.literal(false, { error: 'must be false: the edge does not support leaving preflights to the service' }).default(false),
  }),
})

type CorsConfig = z.infer<typeof cors>['config']

/** Answers preflights itself (Fetch Standard §4.8) and lets pages of any origin read every other answer. */
export function createCors(config: CorsConfig): EdgePlugin {
  const preflight = {
    'access-control-allow-origin': '*',
    'access-control-allow-headers': config.headers.join(','),
    'access-control-allow-methods': config.methods.join(','),
    'access-control-max-age': String(config.max_age),
  }
  const exposed = config.exposed_headers.join(',')
  return {
    access({ request, answerHeaders }) {
      const { method, headers } = request
      if (method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined) {
        Object.assign(answerHeaders, preflight)
        return { status: 200 }
      }
      answerHeaders['access-control-allow-origin'] = '*'
      answerHeaders['access-control-expose-headers'] = exposed
      return undefined
    },
  }
}
