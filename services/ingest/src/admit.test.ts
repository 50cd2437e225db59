import { expect, test } from '@jest/globals'
import { eventKeyOf } from '@ott/contracts/derived-id'
import { received } from '../test/inbound-fixture.ts'
import { admit, type Admission } from './admit.ts'

const mine: Admission = { claim: { partition: 2, offset: 40n }, ignoredEventTypes: new Set() }

test('an event that its own record claims is accepted under its event key and kept as it came', () => {
  const decision = admit(received({ note: 'kept' }), mine)
  expect(decision.outcome).toEqual({ kind: 'emitted' })
  expect(decision.emits).toEqual([
    expect.objectContaining({
      id: eventKeyOf('acme', '/app', 'e-1'),
      data: {
        event: { id: 'e-1', source: '/app', type: 'com.ott.playback.started.v1', time: '2026-03-01T11:59:59Z', data: { contentId: 'c-1' } },
        receivedAt: '2026-03-01T12:00:00.000Z',
      },
    }),
  ])
  expect(decision.rows).toHaveLength(1)
  const [row] = decision.rows
  expect(row?.table === 'raw_events' && JSON.parse(row.json.toString())).toMatchObject({ id: 'e-1', note: 'kept' })
})

test('a replay of the record that carried the event in decides the same again, byte for byte', () => {
  const [first, again] = [admit(received(), mine), admit(received(), mine)]
  expect(JSON.stringify(again)).toBe(JSON.stringify(first))
})

test.each([
  ['another offset', { partition: 2, offset: 39n }, '2/39'],
  ['another partition', { partition: 1, offset: 40n }, '1/40'],
])('an event that came before at %s is a duplicate, emits nothing and names the first record', (_what, claim, reason) => {
  const decision = admit(received(), { ...mine, claim })
  expect(decision).toMatchObject({ outcome: { kind: 'duplicate' }, emits: [], rows: [{ table: 'discarded_events', outcome: 'duplicate', reason }] })
})

test('a type its tenant ignores is filtered, not judged', () => {
  const decision = admit(received(), { ...mine, ignoredEventTypes: new Set(['com.ott.playback.started.v1']) })
  expect(decision).toMatchObject({ outcome: { kind: 'filtered', reason: 'ignored_type' }, emits: [], rows: [{ outcome: 'filtered' }] })
})

test('a duplicate of an ignored type is a duplicate: an event has one outcome', () => {
  const ignoredEventTypes = new Set(['com.ott.playback.started.v1'])
  expect(admit(received(), { claim: { partition: 0, offset: 0n }, ignoredEventTypes }).outcome.kind).toBe('duplicate')
})
