import type { Received } from './define-stage.ts'
import type { Outcome } from './outcome.ts'
import type { InboundRecord } from './record.ts'

/** A record that a stage is done with. */
export interface SettledRecord {
  readonly record: InboundRecord
  readonly tenantId: string
  readonly outcome: Outcome
}

/**
 * Follows each event through a stage in its own trace, though a whole batch is worked on at once. A stage without one, as
 * when nobody watches, hands the traceparent on as it came. Implementations must not throw.
 */
export interface StageTracer {
  /** Begins the event's step, or goes on with it on a repeated try. What the event makes has that step as its parent. */
  follow<Event>(received: Received<Event>): Received<Event>
  /** Runs what the events of a batch share, their transaction, as one piece of work that names them. */
  share<T>(batch: readonly Received<unknown>[], work: () => Promise<T>): Promise<T>
  /** These events are done with: saved, and what they made is published. */
  settled(records: readonly SettledRecord[]): void
  /** Ends the steps of these records that are still open: they were given back, and will be worked on again. */
  givenBack(records: readonly InboundRecord[]): void
}
