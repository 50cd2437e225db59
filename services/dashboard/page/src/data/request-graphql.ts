import type { Operation } from './operations.ts'
import { failureOfStatus, RequestFailed } from './request-failed.ts'

interface GraphqlAnswer<Data> {
  readonly data?: Data | null
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

const timeoutMs = 15_000

/** Asks the router. Parts that couldn't be asked are null in the data; without any data it is a {@link RequestFailed}. */
export async function requestGraphql<Data, Variables>(
  apiKey: string,
  operation: Operation<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  const answer = (await postJson(apiKey, '/graphql', 'application/json', { query: operation.text, variables }, signal)) as GraphqlAnswer<Data>
  if (answer.data !== undefined && answer.data !== null) return answer.data
  const [error] = answer.errors ?? []
  const code = error?.extensions?.code
  if (code === 'UNAVAILABLE') throw new RequestFailed('unavailable')
  if (code === 'CONFLICT' || code === 'NOT_FOUND' || code === 'BAD_USER_INPUT') throw new RequestFailed('refused', error?.message ?? '')
  throw new RequestFailed('unforeseen', error?.message ?? 'it gave no data')
}

/** Posts and reads the answer; anything but an answer of 2xx in JSON is a {@link RequestFailed}. */
export async function postJson(apiKey: string, path: string, contentType: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
  const timeout = AbortSignal.timeout(timeoutMs)
  let response
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': contentType, accept: 'application/json', 'x-api-key': apiKey },
      body: JSON.stringify(body),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      credentials: 'omit',
    })
  } catch {
    signal?.throwIfAborted()
    throw new RequestFailed('unreachable')
  }
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok && answer !== undefined) return answer
  // GraphQL over HTTP may answer 4xx or 5xx with errors of its own.
  if (typeof answer === 'object' && answer !== null && 'errors' in answer && 'data' in answer) return answer
  throw failureOfStatus(response.status, detailOf(answer))
}

function detailOf(answer: unknown): string {
  const { detail } = (answer ?? {}) as { detail?: unknown }
  return typeof detail === 'string' ? detail : ''
}
