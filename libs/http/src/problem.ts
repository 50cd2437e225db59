import { problemTitles, type ProblemCode } from '@ott/contracts/problem-titles'
import { describeProblems, type FieldProblem } from '@ott/contracts/result'

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

/** The request says something that can't be taken: `errors` names each field. */
export function invalidRequest(errors: readonly FieldProblem[]): Problem {
  return new Problem(400, 'invalid-request', describeProblems(errors), { errors })
}

/** The broker or the database is away: try again in a second. */
export function unavailable(detail: string): Problem {
  return new Problem(503, 'unavailable', detail, { retryAfterSeconds: 1 })
}
