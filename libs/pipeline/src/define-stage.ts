import type { EventContract, EventOf, PipelineEvent } from '@ott/contracts/define-event'
import { describeProblems } from '@ott/contracts/result'
import type { StageName } from '@ott/contracts/topics'
import type { DeadLetterCause } from './errors.ts'
import type { Decision } from './outcome.ts'
import type { InboundRecord } from './record.ts'

/** One event with the record that brought it. */
export interface Received<Event> {
  readonly record: InboundRecord
  readonly event: Event
  readonly tenantId: string
  readonly subject: string
  /** Event time, RFC 3339. */
  readonly time: string
  /** Parent of every id derived from this event. */
  readonly id: string
  readonly traceparent: string | undefined
  /** True when nobody had begun a trace, and `traceparent` is made from the id. */
  readonly isTraceDerived?: boolean
}

export type ReadResult<Event> = { readonly ok: true; readonly received: Received<Event> } | { readonly ok: false; readonly cause: DeadLetterCause }

/**
 * What a stage remembers of a partition between batches. It lives in memory, belongs to the partition's present
 * owner and is written down together with the offset it includes.
 */
export interface PartitionMemory<Facts> {
  /** How often a memory that changed is written down, in ms, above 0. */
  readonly snapshotIntervalMs: number
  /** The last snapshot, or a fresh memory where there is none. */
  restore(topic: string, partition: number): Promise<{ memory: Facts; position: SnapshotPosition | undefined }>
  /**
   * Writes what changed since the last call, in one transaction with the position. Must leave a snapshot of a later position
   * alone. What is written must be captured before the first wait, for the memory goes on changing meanwhile; when writing
   * fails, it counts as changed again. Never called while another call for the same memory is under way.
   */
  snapshot(topic: string, partition: number, memory: Facts, position: SnapshotPosition): Promise<void>
  /** Told once a memory is void: its partition was given away, or it is restored anew. Work on it that was under way may still end after that. */
  release?(memory: Facts): void
}

/** How far a snapshot goes. */
export interface SnapshotPosition {
  /** First offset that is not included. */
  readonly nextOffset: bigint
  /** The last event included of each partition by which events come in: `topic/partition` → a place that only the runtime reads. */
  readonly sources: Readonly<Record<string, string>>
}

/**
 * One step of the pipeline: load → decide → emit.
 *
 * `Facts` is the working set of a batch. `recall` takes one event's state out of it, `decide` answers with the new
 * state, `remember` puts that back: so decisions stay pure while events of one viewer build on each other.
 */
export interface Stage<Event, Facts, Row, State, Tx> {
  readonly name: StageName
  read(record: InboundRecord): ReadResult<Event>
  readonly produces: readonly EventContract[]
  /** Fetches what the decisions of a whole batch need: one round trip a table, never one an event. */
  load(batch: readonly Received<Event>[], tx: Tx, memory: Facts | undefined): Promise<Facts>
  recall(facts: Facts, received: Received<Event>): State
  /** Synchronous and pure: no clock, randomness, environment or I/O. */
  decide(received: Received<Event>, state: State, facts: Facts): Decision<Row, State>
  remember?(facts: Facts, received: Received<Event>, state: State): void
  /** Writes the rows of a batch in the same transaction: one statement a table. Must be repeatable. */
  save?(rows: readonly SavedRow<Event, Row>[], tx: Tx): Promise<void>
  readonly memory?: PartitionMemory<Facts>
  /**
   * True when neither `load` nor `save` touches the database: the batch then runs without a transaction. A stage that can tell only
   * from the batch is asked right before `load`.
   */
  readonly needsNoTransaction?: boolean | ((batch: readonly Received<Event>[]) => boolean)
}

export interface SavedRow<Event, Row> {
  readonly received: Received<Event>
  readonly row: Row
}

/** Names a stage's parts and lets the compiler infer how they fit. */
export function defineStage<Event, Facts, Row, State, Tx>(stage: Stage<Event, Facts, Row, State, Tx>): Stage<Event, Facts, Row, State, Tx> {
  return stage
}

/** Reads records of a contract: the envelope and the data are checked; unknown fields pass through. What reached an inner topic was searched for unsafe JSON on receipt. */
export function readerOf<Data>(contract: EventContract<Data>): (record: InboundRecord) => ReadResult<PipelineEvent<Data>> {
  return readerOfAny([contract])
}

/** The same where one topic carries events of several contracts: the type says which. */
export function readerOfAny<Contracts extends readonly [EventContract, ...EventContract[]]>(
  contracts: Contracts,
): (record: InboundRecord) => ReadResult<EventOf<Contracts[number]>> {
  const ofType = new Map(contracts.map((contract) => [contract.type, contract]))
  return (record) => {
    if (record.value === null) return { ok: false, cause: { reason: 'malformed', detail: '(body): is empty' } }
    let json: unknown
    try {
      json = JSON.parse(record.value.toString())
    } catch {
      return { ok: false, cause: { reason: 'malformed', detail: '(body): is not JSON' } }
    }
    const type = contracts.length > 1 ? (json as { type?: unknown } | null)?.type : undefined
    const checked = (ofType.get(String(type)) ?? contracts[0]).check(json)
    if (!checked.ok) return { ok: false, cause: { reason: 'breaks_contract', detail: describeProblems(checked.problems), problems: checked.problems } }
    const event = checked.value as EventOf<Contracts[number]>
    return {
      ok: true,
      received: {
        record,
        event,
        tenantId: event.tenantid,
        subject: event.subject,
        time: event.time,
        id: event.id,
        traceparent: record.headers['traceparent'],
      },
    }
  }
}
