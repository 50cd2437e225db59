import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'

/** Kong's correlation-id: one id for each request, kept when the caller sends one, told to the service and echoed. */
export const correlationId = z.strictObject({
  name: z.literal('correlation-id'),
  config: z.strictObject({
    header_name: z.string().regex(/^[A-Za-z0-9-]+$/, 'must be a header name'),
    generator: z.literal('uuid', { error: 'must be uuid: the edge does not support other generators' }),
    echo_downstream: z.literal(true, { error: 'must be true: the edge does not support hiding the id from the caller' }),
  }),
})

/** The id a request goes by; `header` in lower case, undefined where nobody asks for an id. */
export function requestIdOf(headers: IncomingHttpHeaders, header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const sent = headers[header]
  return typeof sent === 'string' && sent !== '' ? sent : randomUUID()
}
