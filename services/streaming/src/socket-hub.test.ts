import { expect, test } from '@jest/globals'
import type { InboundRecord } from '@ott/pipeline/record'
import { bufferedBytesMax, createSocketHub, type Listener } from './socket-hub.ts'

function aListener(tenantId: string, parts: { topics?: string[]; buffered?: number } = {}) {
  const sent: string[] = []
  let dropped = 0
  const listener: Listener = {
    tenantId,
    topics: new Set(parts.topics),
    bufferedBytes: () => parts.buffered ?? 0,
    take: (passing) => void sent.push(passing.text()),
    dropSlow: () => void dropped++,
  }
  return { listener, sent, dropped: () => dropped }
}

function aRecord(key: string | null, topic = 'violations.v1', value: Buffer | null = Buffer.from('{"id":"e"}')): InboundRecord {
  return { topic, partition: 0, offset: 0n, timestampMs: 0, key, value, headers: {} }
}

test('a record goes to every listener of its tenant and to nobody else', () => {
  const hub = createSocketHub()
  const [one, two, other] = [aListener('acme'), aListener('acme'), aListener('acme-2')]
  for (const { listener } of [one, two, other]) hub.add(listener)
  hub.offer(aRecord('acme:viewer-1'))
  hub.offer(aRecord('globex:acme:viewer-1'))
  expect([one.sent.length, two.sent.length, other.sent.length]).toEqual([1, 1, 0])
  expect(JSON.parse(one.sent[0] ?? '')).toEqual({ topic: 'violations.v1', event: { id: 'e' } })
})

test.each([null, '', ':', ':acme', 'acme', 'acm', 'xacme:v'])('a record with key %j goes to nobody', (key) => {
  const hub = createSocketHub()
  const acme = aListener('acme')
  hub.add(acme.listener)
  hub.offer(aRecord(key))
  expect(acme.sent).toEqual([])
})

test('a listener gets the topics it asked for, or all of them', () => {
  const hub = createSocketHub()
  const [all, some] = [aListener('acme'), aListener('acme', { topics: ['alerts.v1'] })]
  hub.add(all.listener)
  hub.add(some.listener)
  for (const topic of ['violations.v1', 'alerts.v1']) hub.offer(aRecord('acme:v', topic))
  expect([all.sent.length, some.sent.length]).toEqual([2, 1])
})

test('a client that reads too slowly is dropped, and the others are served', () => {
  const hub = createSocketHub()
  const [slow, full, quick] = [aListener('acme', { buffered: bufferedBytesMax + 1 }), aListener('acme', { buffered: bufferedBytesMax }), aListener('acme')]
  for (const { listener } of [slow, full, quick]) hub.add(listener)
  hub.offer(aRecord('acme:v'))
  expect([slow.dropped(), full.dropped(), quick.dropped()]).toEqual([1, 0, 0])
  expect([slow.sent.length, full.sent.length, quick.sent.length]).toEqual([0, 1, 1])
})

test('who left gets nothing, leaving twice counts once, and a deleted record is told to nobody', () => {
  const hub = createSocketHub()
  const [gone, here] = [aListener('acme'), aListener('acme')]
  hub.add(gone.listener)
  hub.add(here.listener)
  hub.remove(gone.listener)
  hub.remove(gone.listener)
  expect(hub.size).toBe(1)
  hub.offer(aRecord('acme:v', 'violations.v1', null))
  hub.offer(aRecord('acme:v'))
  expect([gone.sent.length, here.sent.length]).toEqual([0, 1])
  hub.remove(here.listener)
  expect(hub.size).toBe(0)
})
