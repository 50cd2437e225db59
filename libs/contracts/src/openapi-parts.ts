import type { ApiShape } from './api-shapes.ts'

/** What every address of the OpenAPI document is described with. */

export const ref = (shape: ApiShape | 'ViewerEvent'): object => ({ $ref: `#/components/schemas/${shape}` })
export const json = (shape: ApiShape): object => ({ 'application/json': { schema: ref(shape) } })
export const answer = (description: string, shape: ApiShape): object => ({
  description,
  headers: { 'x-request-id': { $ref: '#/components/headers/RequestId' } },
  content: json(shape),
})

export const problemStatuses = {
  400: 'The request is not valid; `errors` names each field.',
  401: 'The API key is missing or unknown.',
  403: "An event names another tenant than the API key's.",
  404: 'There is no such resource.',
  413: 'The body is too large: over 1 MiB or 1,000 events, or over what the address takes.',
  415: 'The content encoding is not supported.',
  409: 'It is not in a state for this; `code` says what is missing.',
  412: 'Somebody else has changed it meanwhile.',
  422: 'It is understood and refused: events that look like attacks, where the tenant blocks them, or rules that can not be put in force; `errors` names each place.',
  428: 'If-Match must name the state that is to be changed.',
  429: 'There is as much of this under way already as there may be; try again after `Retry-After` seconds.',
  503: 'Broker or database are away: nothing was acknowledged, try again after `Retry-After` seconds.',
} as const
export type ProblemStatus = keyof typeof problemStatuses

export function problems(...statuses: ProblemStatus[]): Record<string, object> {
  return Object.fromEntries(
    [...statuses, 401 as const, 503 as const].map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]),
  )
}

export function problemResponse(status: ProblemStatus): object {
  const headers: Record<string, object> = { 'x-request-id': { $ref: '#/components/headers/RequestId' } }
  if (status === 503 || status === 429) headers['retry-after'] = { description: 'Seconds.', schema: { type: 'integer', minimum: 0 } }
  if (status === 401) headers['www-authenticate'] = { description: 'The schemes a key may be sent in.', schema: { type: 'string' } }
  return { description: problemStatuses[status], headers, content: { 'application/problem+json': { schema: ref('Problem') } } }
}

export function query(name: string, description: string, schema: object = { type: 'string', maxLength: 256 }): object {
  return { name, in: 'query', description, schema }
}

export const pageParameters = [{ $ref: '#/components/parameters/Limit' }, { $ref: '#/components/parameters/Cursor' }]
export const pathId = { name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 256 } }
