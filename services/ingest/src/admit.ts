import { eventAccepted } from '@ott/contracts/event-accepted'
import type { Received } from '@ott/pipeline/define-stage'
import { duplicate, emit, emitOf, filtered, type Decision } from '@ott/pipeline/outcome'
import type { InboundEvent } from './read-inbound.ts'

/** Which record of the inbound topic first carried an event. */
export interface Claim {
  readonly partition: number
  readonly offset: bigint
}

/** A row for one of the stage's tables. */
export type IngestRow =
  | { readonly table: 'raw_events'; readonly json: Buffer }
  | { readonly table: 'discarded_events'; readonly outcome: 'duplicate' | 'filtered'; readonly reason: string }

export interface Admission {
  /** The record that holds the event's key: this one, or an earlier one. */
  readonly claim: Claim
  readonly ignoredEventTypes: ReadonlySet<string>
}

/** Lets an event in unless another record brought it before or its tenant doesn't want it judged. */
export function admit({ record, event: { event, eventKey, json } }: Received<InboundEvent>, { claim, ignoredEventTypes }: Admission): Decision<IngestRow> {
  if (claim.partition !== record.partition || claim.offset !== record.offset) {
    return duplicate([{ table: 'discarded_events', outcome: 'duplicate', reason: `${claim.partition}/${claim.offset}` }])
  }
  if (ignoredEventTypes.has(event.type)) {
    return filtered('ignored_type', [{ table: 'discarded_events', outcome: 'filtered', reason: 'ignored_type' }])
  }
  const { id, source, type, time, data } = event
  const accepted = emitOf(
    eventAccepted,
    { event: { id, source, type, time, data }, receivedAt: new Date(record.timestampMs).toISOString() },
    { id: eventKey },
  )
  return emit([accepted], [{ table: 'raw_events', json }])
}
