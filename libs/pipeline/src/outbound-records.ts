import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { derivedId } from '@ott/contracts/derived-id'
import type { StageName } from '@ott/contracts/topics'
import type { Received } from './define-stage.ts'
import type { Emit } from './outcome.ts'
import { coordinatesOf, type OutboundRecord } from './record.ts'
import { appendToTimeline, timelineHeader } from './stage-timeline.ts'

/**
 * Which record brought an event into the pipeline, and its place among what each stage made of it:
 * `topic/partition/offset/place.place…`. Lets a stage with memory tell repeats from news, whichever stage before it
 * repeated itself: below new offsets of the topics in between, the beginning stays the same.
 */
export const sourceRecordHeader = 'ott-source-record'

/** Builds the records of one event's emits. The value depends on the event and the decision alone. */
export function outboundRecordsOf<Event>(stage: StageName, received: Received<Event>, emits: readonly Emit[], nowMs: number): OutboundRecord[] {
  if (emits.length === 0) return []
  const { record, tenantId, subject, time, traceparent } = received
  const headers: Record<string, string> = {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    [timelineHeader]: appendToTimeline(record.headers[timelineHeader], {
      stage,
      atMs: nowMs,
      durationMs: Math.max(0, nowMs - record.timestampMs),
    }),
    ...(traceparent === undefined ? {} : { traceparent }),
  }
  const begun = record.headers[sourceRecordHeader]
  const source = begun === undefined ? `${coordinatesOf(record)}/` : `${begun}.`
  return emits.map(({ contract, data, naturalKey, id }, place) => ({
    topic: contract.topic,
    key: recordKeyOf({ tenantid: tenantId, subject }),
    headers: { ...headers, [sourceRecordHeader]: `${source}${place}` },
    value: JSON.stringify(
      buildEvent(contract, { id: id ?? derivedId(received.id, contract.topic, naturalKey), subject, time, tenantid: tenantId, data }),
    ),
  }))
}
