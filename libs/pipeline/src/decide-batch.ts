import { UnprocessableError } from './errors.ts'
import type { Received, SavedRow, Stage } from './define-stage.ts'
import { deadLetter, type Decision } from './outcome.ts'

/** What the decisions of a batch came to. `failure` stands for the first event whose decision failed for an unforeseen reason. */
export interface DecidedBatch<Event, Row, State> {
  readonly decided: readonly { readonly received: Received<Event>; readonly decision: Decision<Row, State> }[]
  readonly failure: { readonly received: Received<Event>; readonly error: Error } | undefined
}

/** Folds the decisions of a batch in order; an event that can't be processed becomes a dead letter and changes no state. */
export function decideBatch<Event, Facts, Row, State, Tx>(
  stage: Stage<Event, Facts, Row, State, Tx>,
  batch: readonly Received<Event>[],
  facts: Facts,
): DecidedBatch<Event, Row, State> {
  const decided: { received: Received<Event>; decision: Decision<Row, State> }[] = []
  for (const received of batch) {
    try {
      const decision = stage.decide(received, stage.recall(facts, received), facts)
      if (decision.state !== undefined) stage.remember?.(facts, received, decision.state)
      decided.push({ received, decision })
    } catch (error) {
      if (!(error instanceof UnprocessableError)) return { decided, failure: { received, error: asError(error) } }
      decided.push({ received, decision: deadLetter({ reason: error.reason, detail: error.message }) as Decision<Row, State> })
    }
  }
  return { decided, failure: undefined }
}

/** Rows sorted by record key, so that concurrent batches take their locks in one order. */
export function rowsOf<Event, Row, State>(batch: DecidedBatch<Event, Row, State>): SavedRow<Event, Row>[] {
  const rows = batch.decided.flatMap(({ received, decision }) => decision.rows.map((row) => ({ received, row })))
  return rows.sort((a, b) => compare(a.received.record.key ?? '', b.received.record.key ?? ''))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
