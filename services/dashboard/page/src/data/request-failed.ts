/** Why a request gave nothing: the key isn't known, nobody answers, a part is away for now, or it was refused with a reason. */
export type FailureKind = 'unauthenticated' | 'unreachable' | 'unavailable' | 'refused' | 'unforeseen'

export class RequestFailed extends Error {
  override name = 'RequestFailed'
  readonly kind: FailureKind

  constructor(kind: FailureKind, detail = '') {
    super(detail)
    this.kind = kind
  }
}

/** What is wrong and what to do, for the person in front of the page. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof RequestFailed)) return 'Something unforeseen went wrong. Reload the page; if it stays, look at the log of the router.'
  switch (error.kind) {
    case 'unauthenticated':
      return 'This API key isn’t known here. Check that it is complete and belongs to this installation.'
    case 'unreachable':
      return 'The installation can’t be reached. Check the connection; it is tried again by itself.'
    case 'unavailable':
      return 'A part of the installation isn’t answering just now. Try again in a moment.'
    case 'refused':
      return error.message
    case 'unforeseen':
      return `The installation couldn’t answer: ${error.message}. Its log says more.`
  }
}

/** By the status of an answer that isn't what was asked for. */
export function failureOfStatus(status: number, detail: string): RequestFailed {
  if (status === 401 || status === 403) return new RequestFailed('unauthenticated')
  if (status === 429 || status === 502 || status === 503 || status === 504) return new RequestFailed('unavailable')
  if (status >= 400 && status < 500 && detail !== '') return new RequestFailed('refused', detail)
  return new RequestFailed('unforeseen', `status ${status}`)
}
