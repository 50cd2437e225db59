import { expect, test } from '@jest/globals'
import { deadLetterOf } from '@ott/pipeline/dead-letter'
import type { InboundRecord } from '@ott/pipeline/record'
import fc from 'fast-check'
import { aRecord, receivedAtMs } from '../test/inbound-fixture.ts'
import { readDeadLetter } from './dead-letter-stage.ts'

/** How a dead letter comes back from its topic. */
function inTopic(original: InboundRecord, headers: Record<string, string> = {}): InboundRecord {
  const letter = deadLetterOf(original, 'ingest', { reason: 'malformed', detail: 'id: is missing' }, 3, receivedAtMs)
  return { ...original, topic: letter.topic, partition: 5, offset: 7n, headers: { ...letter.headers, ...headers } }
}

function read(record: InboundRecord) {
  const result = readDeadLetter(record)
  if (!result.ok) throw new Error('every dead letter can be read')
  return result.received
}

test('a dead letter tells where its record lay, why and when it ended, and whose it is', () => {
  expect(read(inTopic(aRecord()))).toMatchObject({
    tenantId: 'acme',
    event: {
      stage: 'ingest',
      topic: 'events.inbound.acme.v1',
      partition: 2,
      offset: '40',
      reason: 'malformed',
      detail: 'id: is missing',
      attempts: 3,
      at: '2026-03-01T12:00:00.000Z',
      eventId: 'e-1',
    },
  })
})

test('the same record dead-lettered twice by a stage is one letter', () => {
  const letter = inTopic(aRecord())
  expect(read({ ...letter, partition: 6, offset: 8n }).id).toBe(read(letter).id)
  expect(read(inTopic(aRecord({}, { offset: 41n }))).id).not.toBe(read(letter).id)
})

test('the inbound topic says whose a letter is, whatever its key says; later the key does', () => {
  expect(read(inTopic(aRecord({}, { key: 'globex:viewer-1' }))).tenantId).toBe('acme')
  expect(read(inTopic(aRecord({}, { topic: 'events.accepted.v1', key: 'globex:viewer-1' }))).tenantId).toBe('globex')
  expect(read(inTopic(aRecord({}, { topic: 'events.accepted.v1', key: null }))).tenantId).toBe('unknown')
})

test("the producer's event id is found in binary mode, in structured mode and inside a pipeline event", () => {
  const inner = Buffer.from(JSON.stringify({ id: 'derived', data: { event: { id: 'e-9' } } }))
  expect(read(inTopic(aRecord({}, { headers: { ce_id: 'e-7' } }))).event.eventId).toBe('e-7')
  expect(read(inTopic(aRecord({ id: 'e-8' }))).event.eventId).toBe('e-8')
  expect(read(inTopic(aRecord({}, { value: inner }))).event.eventId).toBe('e-9')
  expect(read(inTopic(aRecord({}, { value: Buffer.from('{"id":"e-') }))).event.eventId).toBeNull()
})

test('a letter that someone put there by hand is filed under where it lies', () => {
  const byHand: InboundRecord = { topic: 'dlq.compliance.v1', partition: 1, offset: 9n, timestampMs: receivedAtMs, key: null, value: null, headers: {} }
  expect(read(byHand)).toMatchObject({ tenantId: 'unknown', event: { stage: 'unknown', topic: 'dlq.compliance.v1', partition: 1, offset: '9', attempts: 1, eventId: null } })
})

test('no record makes it throw, and what it answers is fit to be stored', () => {
  const text = fc.string({ unit: 'binary' })
  const name = fc.constantFrom('dlq-reason', 'dlq-detail', 'dlq-stage', 'dlq-at', 'dlq-topic', 'dlq-partition', 'dlq-offset', 'dlq-attempts', 'ce_id', 'traceparent')
  fc.assert(
    fc.property(
      fc.dictionary(name, fc.oneof(text, fc.constantFrom('-1', '1e9', 'Infinity', '0', '2026-01-01T00:00:00Z'))),
      fc.oneof(fc.constant(null), fc.uint8Array().map((bytes) => Buffer.from(bytes)), fc.json().map((json) => Buffer.from(json))),
      fc.oneof(fc.constant(null), text),
      fc.oneof(fc.integer(), fc.constantFrom(Number.NaN, 9e18, -9e18)),
      (headers, value, key, timestampMs) => {
        const { event, tenantId } = read({ topic: 'dlq.ingest.v1', partition: 0, offset: 1n, timestampMs, key, value, headers })
        expect(tenantId).toMatch(/^[a-z][a-z0-9-]{1,38}[a-z0-9]$/)
        expect(Number.isInteger(event.partition)).toBe(true)
        expect(event.offset).toMatch(/^\d{1,18}$/)
        expect(Number.isNaN(Date.parse(event.at))).toBe(false)
        expect(`${event.detail}${event.eventId ?? ''}`).not.toContain('\u0000')
      },
    ),
  )
})
