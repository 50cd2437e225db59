import { readCloudEvents } from '@ott/contracts/cloud-event-binding'
import { eventKeyOf } from '@ott/contracts/derived-id'
import { describeProblems, type FieldProblem } from '@ott/contracts/result'
import { tenantOfInboundTopic } from '@ott/contracts/topics'
import { isTraceparent } from '@ott/contracts/traceparent'
import { checkViewerEvent, type ViewerEvent } from '@ott/contracts/viewer-event'
import type { ReadResult } from '@ott/pipeline/define-stage'
import { sourceRecordHeader } from '@ott/pipeline/outbound-records'
import type { InboundRecord } from '@ott/pipeline/record'
import { timelineHeader } from '@ott/pipeline/stage-timeline'
import type { ScreenText } from '@ott/screening/remembering-screen'
import { screenEvent, type ScreeningFinding } from '@ott/screening/screen-event'

/** One viewer's event as it lies in a tenant's inbound topic. */
export interface InboundEvent {
  readonly event: ViewerEvent
  readonly eventKey: string
  /** The event as JSON: the record's own bytes, or, for one in binary mode, its structured form. */
  readonly json: Buffer
  /** The attacks it carries, whatever its tenant wants done with them. */
  readonly findings: readonly ScreeningFinding[]
}

/** Reads a record of an inbound topic: structured or binary CloudEvent, one a record. The topic says whose it is. */
export function readInbound(record: InboundRecord, screen?: ScreenText): ReadResult<InboundEvent> {
  const tenantId = tenantOfInboundTopic(record.topic)
  if (tenantId === undefined) return refuse('malformed', [{ field: '(topic)', problem: 'is not an inbound topic' }])
  if (!isStorableTime(record.timestampMs)) return refuse('malformed', [{ field: '(timestamp)', problem: 'lies outside the years 1 to 9999' }])
  const read = readCloudEvents(record.headers, record.value ?? Buffer.alloc(0), 'kafka')
  if (!read.ok) return refuse('malformed', read.problems)
  const [value, ...more] = read.value
  if (value === undefined || more.length > 0) return refuse('malformed', [{ field: '(body)', problem: 'must hold exactly one event' }])
  const checked = checkViewerEvent(value, record.timestampMs)
  if (!checked.ok) return refuse('breaks_contract', checked.problems)
  const event = checked.value
  if (event.tenantid !== undefined && event.tenantid !== tenantId) {
    return refuse('tenant_mismatch', [{ field: 'tenantid', problem: 'names another tenant than the topic' }])
  }
  const eventKey = eventKeyOf(tenantId, event.source, event.id)
  const sent = record.headers['traceparent']
  const begun = isTraceparent(sent) ? sent : event.traceparent
  return {
    ok: true,
    received: {
      record: withoutOwnHeaders(record),
      event: { event, eventKey, json: isStructured(record) ? (record.value as Buffer) : Buffer.from(JSON.stringify(event)), findings: screenEvent(event, screen) },
      tenantId,
      subject: event.subject,
      time: event.time,
      id: eventKey,
      traceparent: begun ?? traceparentOf(eventKey),
      isTraceDerived: begun === undefined,
    },
  }
}

/** Producers set the timestamps of their records: any 64-bit number may stand there. */
export function isStorableTime(timestampMs: number): boolean {
  return timestampMs >= -62_135_596_800_000 && timestampMs <= 253_402_300_799_999
}

/**
 * Headers by which the stages tell each other where an event came in and when are theirs to set: a producer's own could
 * pass other events off as repeats.
 */
function withoutOwnHeaders(record: InboundRecord): InboundRecord {
  const { [sourceRecordHeader]: source, [timelineHeader]: timeline, ...headers } = record.headers
  return source === undefined && timeline === undefined ? record : { ...record, headers }
}

/** In binary mode the attributes are headers and the value holds the data alone. */
function isStructured({ headers, value }: InboundRecord): boolean {
  return value !== null && headers['ce_specversion'] === undefined
}

function refuse(reason: string, problems: readonly FieldProblem[]): ReadResult<never> {
  return { ok: false, cause: { reason, detail: describeProblems(problems), problems } }
}

/** A trace for an event that came without one; derived, so that a replay continues the same trace (W3C Trace Context §3.2). */
function traceparentOf(eventKey: string): string {
  return `00-${eventKey}-${eventKey.slice(16)}-01`
}
