import type { FieldProblem } from '@ott/contracts/result'

/** Stable codes of everything that can go wrong over HTTP; clients may switch on them. */
export const problemTitles = {
  'unauthenticated': 'The API key is missing or unknown',
  'forbidden': 'The API key may not do this',
  'not-found': 'There is no such resource',
  'invalid-request': 'The request is not valid',
  'invalid-event': 'No event was accepted',
  'too-large': 'The request is too large',
  'unsupported-media-type': 'The media type is not supported',
  'unavailable': 'The service can not do this at the moment',
  'internal': 'Something went wrong',
} as const
export type ProblemCode = keyof typeof problemTitles

/** An answer of RFC 9457: thrown by handlers, written by the app. */
export class Problem extends Error {
  override name = 'Problem'
  readonly status: number
  readonly code: ProblemCode
  readonly errors: readonly FieldProblem[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly extra: Readonly<Record<string, unknown>> | undefined

  constructor(
    status: number,
    code: ProblemCode,
    detail: string,
    more: { errors?: readonly FieldProblem[]; retryAfterSeconds?: number; extra?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(detail)
    this.status = status
    this.code = code
    this.errors = more.errors
    this.retryAfterSeconds = more.retryAfterSeconds
    this.extra = more.extra
  }

  /** The body, `application/problem+json`. */
  toJSON(): object {
    return {
      type: `urn:ott:problem:${this.code}`,
      title: problemTitles[this.code],
      status: this.status,
      code: this.code,
      detail: this.message,
      ...(this.errors === undefined ? {} : { errors: this.errors }),
      ...this.extra,
    }
  }
}

/** The broker or the database is away: try again in a second. */
export function unavailable(detail: string): Problem {
  return new Problem(503, 'unavailable', detail, { retryAfterSeconds: 1 })
}
