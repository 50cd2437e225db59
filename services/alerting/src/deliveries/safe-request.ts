import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { bareHost, type AddressGuard } from './address-guard.ts'

export interface SafeRequestParts {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** For all of it: resolving, connecting, sending and reading. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface SafeResponse {
  readonly status: number
  /** Names in lower case; what came more than once is joined by commas. */
  readonly headers: Readonly<Record<string, string>>
  /** As text, cut off after 64 KiB. */
  readonly body: string
  /** Set where a redirect, which is never followed, would have led to an address that may not be called. */
  readonly redirectsInside: boolean
}

/** Calls an address that somebody else named. Rejects with {@link RequestFailed} alone. */
export type SafeRequest = (parts: SafeRequestParts) => Promise<SafeResponse>

export type RequestFailure = 'bad-url' | 'inner-network' | 'unresolved' | 'unreachable' | 'timeout' | 'aborted'

/** There was no answer. The message quotes neither address nor credentials, so that it may be shown. */
export class RequestFailed extends Error {
  override name = 'RequestFailed'
  readonly code: RequestFailure
  constructor(code: RequestFailure, message: string) {
    super(message)
    this.code = code
  }
}

/** All addresses of a name, as the system resolves it. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>

export interface SafeRequestOptions {
  readonly guard: AddressGuard
  readonly resolve?: Resolve
}

const bodyBytesMax = 65_536
const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true })

/**
 * A client for addresses that tenants name (server-side request forgery, CWE-918): a name is resolved once, every address of it is checked,
 * and the connection goes to those addresses and no others, however the name resolves a moment later. Redirects are answered, not followed.
 */
export function createSafeRequest({ guard, resolve = systemResolve }: SafeRequestOptions): SafeRequest {
  return async (parts) => {
    const url = readUrl(parts.url)
    const timeout = AbortSignal.timeout(parts.timeoutMs)
    const signal = parts.signal === undefined ? timeout : AbortSignal.any([timeout, parts.signal])
    try {
      const addresses = await unlessAborted(resolveSafely(url.hostname, guard, resolve), signal)
      const answer = await exchange(url, addresses, parts, signal)
      return { ...answer, redirectsInside: redirectsInside(answer, url, guard) }
    } catch (error) {
      throw failureOf(error, { timedOut: timeout.aborted, aborted: signal.aborted, timeoutMs: parts.timeoutMs })
    }
  }
}

/**
 * The addresses a connection to this host may go to, all of them checked.
 * @throws RequestFailed when there are none, or one of them may not be called
 */
export async function resolveSafely(hostname: string, guard: AddressGuard, resolve: Resolve = systemResolve): Promise<readonly LookupAddress[]> {
  const innerNetwork = () => new RequestFailed('inner-network', 'the receiver is on an inner network')
  if (!guard.isHostAllowed(hostname)) throw innerNetwork()
  const addresses = await resolve(bareHost(hostname)).catch((error: unknown) => {
    throw new RequestFailed('unresolved', `the receiver's name could not be resolved${codeOf(error)}`)
  })
  if (addresses.length === 0) throw new RequestFailed('unresolved', "the receiver's name could not be resolved")
  if (!addresses.every(({ address }) => guard.isAllowed(address))) throw innerNetwork()
  return addresses
}

function readUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw new RequestFailed('bad-url', "the receiver's address is no http or https URL")
  return url
}

type Answer = Omit<SafeResponse, 'redirectsInside'>

function exchange(url: URL, addresses: readonly LookupAddress[], { method, headers, body }: SafeRequestParts, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      method,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      // A connection of its own: one that is kept might be to an address that the name had before.
      agent: false,
      signal,
      lookup: (_hostname, { all }, done) => {
        if (all === true) return done(null, [...addresses])
        done(null, addresses[0]?.address ?? '', addresses[0]?.family)
      },
    }
    const sending = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, (response) => void readAnswer(response).then(resolve, reject))
    sending.on('error', reject)
    sending.end(body)
  })
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    // Leaving the loop ends the connection.
    if (bytes >= bodyBytesMax) break
  }
  const headers = Object.entries(response.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]]))
  return { status: response.statusCode ?? 0, headers: Object.fromEntries(headers), body: Buffer.concat(chunks).subarray(0, bodyBytesMax).toString() }
}

function redirectsInside({ status, headers }: Answer, from: URL, guard: AddressGuard): boolean {
  const location = headers['location']
  const target = status >= 300 && status < 400 && location !== undefined ? URL.parse(location, from.href) : null
  return target !== null && target.hostname !== '' && !guard.isHostAllowed(target.hostname)
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function failureOf(error: unknown, { timedOut, aborted, timeoutMs }: { timedOut: boolean; aborted: boolean; timeoutMs: number }): RequestFailed {
  if (error instanceof RequestFailed) return error
  if (timedOut) return new RequestFailed('timeout', `no answer within ${timeoutMs / 1_000} s`)
  if (aborted) return new RequestFailed('aborted', 'the request was broken off')
  return new RequestFailed('unreachable', `the receiver could not be reached${codeOf(error)}`)
}

/** The code alone: the text of an error may hold the address with its credentials. */
function codeOf(error: unknown): string {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: unknown }
  const found = typeof code === 'string' ? code : Array.isArray(errors) ? (errors[0] as { code?: unknown }).code : undefined
  return typeof found === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(found) ? `: ${found}` : ''
}
