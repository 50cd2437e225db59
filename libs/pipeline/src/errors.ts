import type { FieldProblem } from '@ott/contracts/result'

/** Broker, database or cache did not answer as they do when well. The work is repeated later and never counts against the event. */
export class TransientError extends Error {
  override name = 'TransientError'
}

/** This one event can't be worked on, ever: it goes to the dead-letter topic and its neighbours proceed. */
export class UnprocessableError extends Error {
  override name = 'UnprocessableError'
  readonly reason: string

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** Nobody foresaw this. Retried, then the process ends: a supervisor restarts it and someone sees it. */
export class StageFailedError extends Error {
  override name = 'StageFailedError'
}

export interface DeadLetterCause {
  /** Short and stable: also a metric label. */
  readonly reason: string
  readonly detail: string
  readonly problems?: readonly FieldProblem[]
}
