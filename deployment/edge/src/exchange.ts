import type { IncomingMessage } from 'node:http'
import { matchRoute, type RankedPath } from './match-route.ts'
import type { Passage } from './plugins/plugin.ts'
import { requestIdOf } from './plugins/correlation-id.ts'
import { badRequestTarget, noRoute, type EdgeProblem } from './problem-answer.ts'
import { readRequestTarget, type RequestTarget } from './request-path.ts'

/** One request from its first byte to the end of its answer. */
export interface Exchange extends Passage {
  readonly target: RequestTarget
  readonly route: RankedPath | undefined
  /** What to answer when there is no route. */
  readonly problem: EdgeProblem
  readonly startedAtMs: number
  /** When the service was asked, and when its answer began. */
  askedAtMs: number | undefined
  answeredAtMs: number | undefined
  /** Set with the first of an answer, a refusal and a failure. */
  ended: { readonly status: number; readonly source: 'service' | 'exit' | 'error' } | undefined
}

/** Reads what a request asks for, and the id it goes by. `nowMs` is a monotonic clock's. */
export function readExchange(request: IncomingMessage, ranked: readonly RankedPath[], requestIdHeader: string | undefined, nowMs: number): Exchange {
  const target = readRequestTarget(request.url ?? '/')
  const requestId = requestIdOf(request.headers, requestIdHeader)
  const id = requestId === undefined ? {} : { [requestIdHeader as string]: requestId }
  return {
    request,
    target,
    route: target.ok ? matchRoute(ranked, request.method ?? 'GET', target.path) : undefined,
    problem: target.ok || target.status === 404 ? noRoute : badRequestTarget(target.problem),
    answerHeaders: id,
    serviceHeaders: { ...id },
    caller: undefined,
    startedAtMs: nowMs,
    askedAtMs: undefined,
    answeredAtMs: undefined,
    ended: undefined,
  }
}
