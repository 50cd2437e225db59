import type { EventContract } from '@ott/contracts/define-event'
import type { DeadLetterCause } from './errors.ts'

/** One event for one topic, not yet built: the runtime derives its id, key and headers. */
export interface Emit {
  readonly contract: EventContract
  readonly data: unknown
  /** Tells apart several results of one kind below one parent. */
  readonly naturalKey?: string
  /** Given only where the id has a meaning of its own, such as the event key. */
  readonly id?: string
}

/**
 * What a decision came to. `emitted` goes on to the next stage; the others end the event here.
 * The reason is a literal that is also the metric's label.
 */
export type Outcome =
  | { readonly kind: 'emitted' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'filtered'; readonly reason: string }
  | ({ readonly kind: 'dead_lettered' } & DeadLetterCause)

/** The answer of a stage's `decide`: a value that the runtime carries out. */
export interface Decision<Row = never, State = never> {
  readonly outcome: Outcome
  readonly emits: readonly Emit[]
  readonly rows: readonly Row[]
  readonly state?: State
}

/** Goes on: these events, these rows, this new state. */
export function emit<Row = never, State = never>(
  emits: readonly Emit[],
  rows: readonly Row[] = [],
  state?: State,
): Decision<Row, State> {
  return { outcome: { kind: 'emitted' }, emits, rows, ...(state === undefined ? {} : { state }) }
}

/** One {@link Emit} with its data checked against its contract by the compiler. */
export function emitOf<Data>(contract: EventContract<Data>, data: Data, parts: { naturalKey?: string; id?: string } = {}): Emit {
  return { contract: contract as EventContract, data, ...parts }
}

/** Ends here: the same event came before. */
export function duplicate<Row = never>(rows: readonly Row[] = []): Decision<Row, never> {
  return { outcome: { kind: 'duplicate' }, emits: [], rows }
}

/** Ends here: nobody wants it judged. */
export function filtered<Row = never>(reason: string, rows: readonly Row[] = []): Decision<Row, never> {
  return { outcome: { kind: 'filtered', reason }, emits: [], rows }
}

/** Ends in the dead-letter topic, bytes unchanged. */
export function deadLetter(cause: DeadLetterCause): Decision<never, never> {
  return { outcome: { kind: 'dead_lettered', ...cause }, emits: [], rows: [] }
}
