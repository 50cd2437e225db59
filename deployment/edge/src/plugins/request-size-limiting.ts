import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import type { EdgeProblem } from '../problem-answer.ts'
import type { EdgePlugin } from './plugin.ts'

/** Kong's request-size-limiting: no body larger than this reaches a service. */
export const requestSizeLimiting = z.strictObject({
  name: z.literal('request-size-limiting'),
  config: z.strictObject({
    allowed_payload_size: z.int().min(1),
    size_unit: z.enum(['megabytes', 'kilobytes', 'bytes']),
    require_content_length: z.literal(false, { error: 'must be false: the edge does not support refusing chunked bodies' }).default(false),
  }),
})

type SizeConfig = z.infer<typeof requestSizeLimiting>['config']

const bytesIn = { bytes: 1, kilobytes: 1_024, megabytes: 1_048_576 }

/** The largest body, in bytes. */
export function bodyBytesMaxOf({ allowed_payload_size, size_unit }: SizeConfig): number {
  return allowed_payload_size * bytesIn[size_unit]
}

/** What a body that is too large gets: Kong says 417 to a caller who asked before sending it (RFC 9110 §10.1.1). */
export function tooLarge(bytesMax: number, headers: IncomingHttpHeaders): EdgeProblem {
  const asked = headers.expect?.trim().toLowerCase() === '100-continue'
  return { status: asked ? 417 : 413, code: 'too-large', detail: `A body may hold ${bytesMax} bytes.` }
}

/** Judges by the announced length. A body without one is counted on its way, see service-proxy.ts. */
export function createRequestSizeLimiting(bytesMax: number): EdgePlugin {
  return {
    access({ request: { headers } }) {
      return Number(headers['content-length'] ?? 0) > bytesMax ? tooLarge(bytesMax, headers) : undefined
    },
  }
}
