import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { eventAccepted } from '@ott/contracts/event-accepted'
import { readerOf, type Received } from './define-stage.ts'
import { emitOf } from './outcome.ts'
import { outboundRecordsOf, sourceRecordHeader } from './outbound-records.ts'
import type { InboundRecord } from './record.ts'
import { decodeTimeline, timelineHeader } from './stage-timeline.ts'
import { sampleEvent, type SampleEvent } from './conformance/sample-events.ts'

function received(offset: bigint, timestampMs: number, headers: Record<string, string> = {}): Received<SampleEvent> {
  const { key, value } = sampleEvent('viewer', 1)
  const record: InboundRecord = { topic: 'in.v1', partition: 2, offset, timestampMs, key, value: Buffer.from(String(value)), headers }
  const read = readerOf(eventAccepted)(record)
  if (!read.ok) throw new Error(read.cause.detail)
  return read.received
}

const emits = ['a', 'b'].map((naturalKey) => emitOf(eventAccepted, received(0n, 0).event.data, { naturalKey }))

test('the bytes depend on the event and the decision alone, not on when or where the record was read', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 60n }), fc.nat(), fc.nat(), (offset, timestampMs, nowMs) => {
      const values = outboundRecordsOf('compliance', received(offset, timestampMs), emits, nowMs).map(({ value }) => value)
      expect(values).toEqual(outboundRecordsOf('compliance', received(7n, 1), emits, 2).map(({ value }) => value))
    }),
  )
})

test('several results of one event have ids of their own, one key, and say which of the results they are', () => {
  const records = outboundRecordsOf('compliance', received(9n, 0), emits, 0)
  expect(new Set(records.map(({ value }) => JSON.parse(String(value)).id)).size).toBe(2)
  expect(records.map(({ key }) => key)).toEqual(['acme:viewer', 'acme:viewer'])
  expect(records.map(({ headers }) => headers[sourceRecordHeader])).toEqual(['in.v1/2/9/0', 'in.v1/2/9/1'])
})

test('where an event came in goes through all stages, so that a repeat of any of them can be told from news', () => {
  const [first, second] = outboundRecordsOf('compliance', received(9n, 0, { [sourceRecordHeader]: 'in.v1/0/40/0' }), emits, 0)
  const [again] = outboundRecordsOf('compliance', received(31n, 0, { [sourceRecordHeader]: 'in.v1/0/40/0' }), emits, 0)
  expect([first, second].map((record) => record?.headers[sourceRecordHeader])).toEqual(['in.v1/0/40/0.0', 'in.v1/0/40/0.1'])
  expect(again?.headers[sourceRecordHeader]).toBe('in.v1/0/40/0.0')
})

test('the trace goes on, the timeline grows, and no other header of the stage before is handed on', () => {
  const headers = { traceparent: 'trace', [timelineHeader]: 'ingest:100:5', [sourceRecordHeader]: 'x/0/0/0', cookie: 'secret' }
  const [record] = outboundRecordsOf('compliance', received(9n, 1_000, headers), emits, 1_030)
  expect(record?.headers['traceparent']).toBe('trace')
  expect(record?.headers).not.toHaveProperty('cookie')
  expect(decodeTimeline(record?.headers[timelineHeader])).toEqual([
    { stage: 'ingest', atMs: 100, durationMs: 5 },
    { stage: 'compliance', atMs: 1_030, durationMs: 30 },
  ])
})

test('a decision that emits nothing publishes nothing', () => {
  expect(outboundRecordsOf('compliance', received(0n, 0), [], 0)).toEqual([])
})
