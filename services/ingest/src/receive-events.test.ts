import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anEvent, receivedAtMs } from '../test/inbound-fixture.ts'
import { describeRefusal, receiveEvents } from './receive-events.ts'

const receive = (values: readonly unknown[], traceparent?: string, blocksAttacks = false) => receiveEvents(values, { tenantId: 'acme', nowMs: receivedAtMs, traceparent, blocksAttacks })

test('each good event becomes one record of its tenant, keyed by viewer, in the order it came', () => {
  const { results, records } = receive([anEvent({ id: 'a', subject: 'v1' }), anEvent({ id: 'b', subject: 'v2' })])
  expect(results).toEqual([
    { index: 0, id: 'a', status: 'accepted' },
    { index: 1, id: 'b', status: 'accepted' },
  ])
  expect(records.map(({ topic, key }) => [topic, key])).toEqual([
    ['events.inbound.acme.v1', 'acme:v1'],
    ['events.inbound.acme.v1', 'acme:v2'],
  ])
})

test('one bad event is refused by place and field; its neighbours are accepted', () => {
  const { results, records, forbidden } = receive([anEvent({ id: 'a' }), anEvent({ id: 'b', time: 'noon' }), anEvent({ id: 'c' })])
  expect(results.map(({ status }) => status)).toEqual(['accepted', 'refused', 'accepted'])
  expect(results[1]).toMatchObject({ index: 1, id: 'b', errors: [{ field: 'time' }] })
  expect(records).toHaveLength(2)
  expect(forbidden).toBe(false)
})

test.each(['globex', '', 7, null, 'ACME'])('an event that claims tenant %j is forbidden and makes no record', (tenantid) => {
  const { results, records, forbidden } = receive([anEvent({ tenantid })])
  expect([results[0]?.status, results[0]?.errors?.[0]?.field, records, forbidden]).toEqual(['refused', 'tenantid', [], true])
})

test("the caller's trace is continued, unless an event brings its own", () => {
  const mine = `00-${'a'.repeat(32)}-${'a'.repeat(16)}-01`
  const own = `00-${'b'.repeat(32)}-${'b'.repeat(16)}-01`
  const { records } = receive([anEvent(), anEvent({ traceparent: own })], mine)
  expect(records.map(({ headers }) => headers['traceparent'])).toEqual([mine, own])
})

test('every value of a request gets exactly one result, and there is a record for each accepted one', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.anything(), fc.constant(anEvent()), fc.constant(null)), { maxLength: 20 }), (values) => {
      const { results, records } = receive(values)
      expect(results.map(({ index }) => index)).toEqual(values.map((_value, index) => index))
      expect(records).toHaveLength(results.filter(({ status }) => status === 'accepted').length)
    }),
  )
})

test('a refusal is described by its first three events, by place where there are several', () => {
  const bad = anEvent({ specversion: '0.1' })
  expect(describeRefusal(receive([bad]).results)).toBe('specversion: must be "1.0"')
  const several = describeRefusal(receive([bad, bad, bad, bad]).results)
  expect(several.split('; ').map((part) => part.split(':')[0])).toEqual(['event 0', 'event 1', 'event 2'])
})

test('an attack is refused by field and class where the tenant blocks it, and let through to be marked where it does not', () => {
  const values = [anEvent({ id: 'a' }), anEvent({ id: 'b', data: { contentId: "1' or '1'='1", title: '<svg/onload=alert(1)>' } })]
  const blocked = receive(values, undefined, true)
  expect(blocked.results[1]).toEqual({
    index: 1,
    id: 'b',
    status: 'refused',
    errors: [
      { field: 'data.contentId', problem: 'looks like an attack (sqli)' },
      { field: 'data.title', problem: 'looks like an attack (xss)' },
    ],
  })
  expect([blocked.records.length, blocked.attacks]).toEqual([1, [['sqli', 'xss']]])
  expect(receive(values)).toMatchObject({ results: [{ status: 'accepted' }, { status: 'accepted' }], attacks: [] })
})
