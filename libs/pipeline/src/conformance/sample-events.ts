import { buildEvent, recordKeyOf, type EventContract, type EventOf } from '@ott/contracts/define-event'
import { eventAccepted } from '@ott/contracts/event-accepted'
import { sourceRecordHeader } from '../outbound-records.ts'
import type { InboundRecord, OutboundRecord } from '../record.ts'

type Accepted = EventOf<typeof eventAccepted>
export type SampleData = Accepted['data']
export type SampleEvent = Accepted

function contractOn(topic: string): EventContract<SampleData> {
  return { ...eventAccepted, topic }
}

/** The topics of the suite. All carry the same kind of event, so that stages can be put one after the other. */
export const arriving = contractOn('conformance.arriving.v1')
export const halfway = contractOn('conformance.halfway.v1')
export const leaving = contractOn('conformance.leaving.v1')

/** What a sample event is made of besides subject and number. */
export interface SampleParts {
  readonly tenant?: string
  /** What a stage is to do with it, see `sample-stages.ts`. */
  readonly mark?: string
  readonly id?: string
  readonly time?: string
  /** `topic/partition/offset/place` of the record it came from. */
  readonly source?: string
}

/** The n-th event of a viewer, ready to publish. */
export function sampleEvent(subject: string, n: number, parts: SampleParts = {}): OutboundRecord {
  const tenantid = parts.tenant ?? 'acme'
  const id = parts.id ?? `${subject}-${n}`
  const time = parts.time ?? new Date(Date.UTC(2026, 0, 1) + n * 1_000).toISOString()
  const data = { n, ...(parts.mark === undefined ? {} : { mark: parts.mark }) }
  const event = { id, source: '/conformance', type: 'com.ott.playback.started.v1', time, data }
  return {
    topic: arriving.topic,
    key: recordKeyOf({ tenantid, subject }),
    headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, ...(parts.source && { [sourceRecordHeader]: parts.source }) },
    value: JSON.stringify(buildEvent(arriving, { id, subject, time, tenantid, data: { event, receivedAt: time } })),
  }
}

/** Subjects × events, in rounds: the events of one viewer lie far apart. */
export function rounds(subjects: number, from: number, to: number, prefix = 'viewer'): OutboundRecord[] {
  const records: OutboundRecord[] = []
  for (let n = from; n <= to; n++) for (let s = 0; s < subjects; s++) records.push(sampleEvent(`${prefix}-${s}`, n))
  return records
}

/** What a record that a stage published says. */
export interface Published {
  readonly id: string
  readonly key: string
  readonly n: number
  readonly number: number
  /** What else the stage put in: the digest of all before, or which of several results this is. */
  readonly digest: string | undefined
  readonly part: string | undefined
}

/** Reads what a stage of the suite published. */
export function publishedIn(record: InboundRecord): Published {
  const event = JSON.parse(String(record.value)) as SampleEvent
  const { n, number, digest, part } = event.data.event.data as unknown as Published
  return { id: event.id, key: record.key ?? '', n, number, digest, part }
}
