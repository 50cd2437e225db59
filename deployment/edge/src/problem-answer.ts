import { ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** A refusal by the edge itself, as problem details (RFC 9457). `code` is stable: clients may branch on it. */
export interface EdgeProblem {
  readonly status: 400 | 404 | 413 | 417 | 429 | 502 | 503 | 504
  readonly code:
    | 'bad-request-target'
    | 'no-route'
    | 'too-large'
    | 'rate-limited'
    | 'bad-upstream-answer'
    | 'upstream-unavailable'
    | 'upstream-timeout'
  readonly detail: string
}

/** No route takes the request: the path is unknown, or known with another method. */
export const noRoute: EdgeProblem = { status: 404, code: 'no-route', detail: 'No route takes this method and path.' }

/** The request target is broken; `detail` says how. */
export function badRequestTarget(detail: string): EdgeProblem {
  return { status: 400, code: 'bad-request-target', detail }
}

/** Answers with problem details, on a response or on the bare socket of a failed upgrade. Does nothing once an answer has begun. */
export function answerProblem(to: ServerResponse | Duplex, problem: EdgeProblem, extraHeaders: Readonly<Record<string, string>>): void {
  const title = STATUS_CODES[problem.status] ?? 'Error'
  const body = JSON.stringify({ type: `urn:ott:problem:${problem.code}`, title, status: problem.status, code: problem.code, detail: problem.detail })
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    ...(problem.status === 502 || problem.status === 503 || problem.status === 504 ? { 'retry-after': '1' } : {}),
    ...extraHeaders,
  }
  if (to instanceof ServerResponse) {
    if (to.headersSent || to.destroyed) to.destroy()
    else to.writeHead(problem.status, headers).end(body)
    return
  }
  if (to.destroyed || !to.writable) return
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
  to.end(`HTTP/1.1 ${problem.status} ${title}\r\n${lines.join('')}\r\n${body}`)
}

/** The service isn't there: it refused the connection, or its target was ejected and isn't even asked. */
export function unreachable(service: string): EdgeProblem {
  return { status: 503, code: 'upstream-unavailable', detail: `The ${service} service can't be reached.` }
}

/** What a failed exchange with a service means to the caller. `code` is Node's error code, if there is one. */
export function problemOfUpstream(service: string, code: string | undefined): EdgeProblem {
  if (code === 'ETIMEDOUT' || code === 'ERR_UPSTREAM_UPGRADE_TIMEOUT') {
    return { status: 504, code: 'upstream-timeout', detail: `The ${service} service did not answer in time.` }
  }
  if (code !== undefined && ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'].includes(code)) {
    return unreachable(service)
  }
  return { status: 502, code: 'bad-upstream-answer', detail: `The ${service} service broke off or gave no valid answer.` }
}
