import { expect, test } from '@jest/globals'
import { eventKeyOf } from '@ott/contracts/derived-id'
import fc from 'fast-check'
import { aRecord, anEvent } from '../test/inbound-fixture.ts'
import { readInbound } from './read-inbound.ts'

const binaryHeaders = {
  ce_specversion: '1.0',
  ce_id: 'e-1',
  ce_source: '/app',
  ce_type: 'com.ott.playback.started.v1',
  ce_subject: 'viewer-1',
  ce_time: '2026-03-01T11:59:59Z',
  'content-type': 'application/json',
}

test('structured and binary mode give the same event under the same key', () => {
  const structured = readInbound(aRecord())
  const binary = readInbound(aRecord({}, { headers: binaryHeaders, value: Buffer.from('{"contentId":"c-1"}') }))
  if (!structured.ok || !binary.ok) throw new Error('must both be read')
  expect(binary.received.event.event).toMatchObject(structured.received.event.event)
  expect([binary.received.id, structured.received.id]).toEqual([eventKeyOf('acme', '/app', 'e-1'), eventKeyOf('acme', '/app', 'e-1')])
})

test('the topic says whose an event is', () => {
  const read = readInbound(aRecord({}, { topic: 'events.inbound.globex.v1', key: 'acme:viewer-1' }))
  expect(read).toMatchObject({ ok: true, received: { tenantId: 'globex' } })
})

test('an event that names another tenant than its topic is refused', () => {
  expect(readInbound(aRecord({ tenantid: 'globex' }))).toMatchObject({ ok: false, cause: { reason: 'tenant_mismatch', detail: expect.stringContaining('tenantid') } })
})

test.each<[string, Record<string, unknown>, string]>([
  ['no id', { id: undefined }, 'id'],
  ['no source', { source: undefined }, 'source'],
  ['no subject', { subject: undefined }, 'subject'],
  ['an unknown specversion', { specversion: '0.3' }, 'specversion'],
  ['a bad time', { time: 'yesterday' }, 'time'],
  ['a time far in the future', { time: '2026-03-03T12:00:00Z' }, 'time'],
  ['an unknown type', { type: 'com.ott.unknown.v1' }, 'type'],
  ['a wrong type of field', { data: { contentId: 7 } }, 'data.contentId'],
  ['a bad IPv4 address', { data: { contentId: 'c', ip: '192.0.2.256' } }, 'data.ip'],
  ['a bad IPv6 address', { data: { contentId: 'c', ip: '2001:db8:::1' } }, 'data.ip'],
])('an event with %s is refused naming the field', (_what, fields, field) => {
  expect(readInbound(aRecord(fields))).toMatchObject({ ok: false, cause: { reason: 'breaks_contract', problems: [expect.objectContaining({ field })] } })
})

test.each<[string, Buffer | null]>([
  ['nothing', null],
  ['no JSON', Buffer.from('{')],
  ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe])],
  ['two events', Buffer.from(JSON.stringify([anEvent(), anEvent({ id: 'e-2' })]))],
  ['an empty array', Buffer.from('[]')],
  ['a NUL character', Buffer.from(JSON.stringify(anEvent({ id: 'a\u0000b' })))],
  ['a lone surrogate', Buffer.from('{"id":"\\ud800"}')],
  ['a prototype key', Buffer.from('{"__proto__":{"id":"e"}}')],
  ['endless nesting', Buffer.from('['.repeat(5_000) + ']'.repeat(5_000))],
])('a record that holds %s is malformed', (_what, value) => {
  expect(readInbound(aRecord({}, { value, headers: {} }))).toMatchObject({ ok: false, cause: { reason: 'malformed' } })
})

test.each([Number.NaN, -9_000_000_000_000_000, 9_000_000_000_000_000, 253_402_300_800_000])(
  'a record whose producer stamped it %d is refused: no date can be made of it',
  (timestampMs) => {
    expect(readInbound(aRecord({}, { timestampMs }))).toMatchObject({ ok: false, cause: { detail: expect.stringContaining('(timestamp)') } })
  },
)

test('a trace is continued from header, then event; without one the same event always starts the same trace', () => {
  const trace = (digit: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`
  const traceOf = (fields: object, headers: Record<string, string>) => {
    const read = readInbound(aRecord({ ...fields }, { headers }))
    return read.ok ? read.received.traceparent : undefined
  }
  expect(traceOf({ traceparent: trace('b') }, { traceparent: trace('a') })).toBe(trace('a'))
  expect(traceOf({ traceparent: trace('b') }, {})).toBe(trace('b'))
  expect(traceOf({}, {})).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  expect(traceOf({}, {})).toBe(traceOf({}, {}))
  expect(traceOf({ traceparent: trace('b') }, { traceparent: '\u0000 no trace' })).toBe(trace('b'))
})

test('no bytes, headers or timestamps make it throw, and a refusal never quotes a value', () => {
  const secret = 'viewer-4711-secret'
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)), fc.json().map((text) => Buffer.from(text)), fc.constant(null)),
      fc.dictionary(fc.constantFrom('ce_id', 'ce_specversion', 'ce_time', 'content-type', 'traceparent'), fc.string()),
      fc.double(),
      (value, headers, timestampMs) => {
        readInbound(aRecord({}, { value, headers, timestampMs }))
      },
    ),
  )
  fc.assert(
    fc.property(fc.constantFrom('id', 'source', 'type', 'subject', 'time', 'data'), fc.anything(), (field, wrong) => {
      const read = readInbound(aRecord({ subject: secret, data: { contentId: secret, ip: secret }, [field]: wrong }))
      if (!read.ok) expect(read.cause.detail).not.toContain(secret)
    }),
  )
})

test('headers by which stages recognise repeats are not taken from a producer', () => {
  const read = readInbound(aRecord({}, { headers: { 'ott-source-record': 'events.inbound.globex.v1/0/999/0', 'ott-timeline': 'x:1:1', other: 'kept' } }))
  expect(read.ok && read.received.record.headers).toEqual({ other: 'kept' })
})
