import { expect, test } from '@jest/globals'
import { eventKeyOf } from '@ott/contracts/derived-id'
import { received } from '../test/inbound-fixture.ts'
import { admit, type Admission } from './admit.ts'

const mine: Admission = { claim: { partition: 2, offset: 40n }, ignoredEventTypes: new Set(), blocksAttacks: false }

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
  expect(admit(received(), { ...mine, claim: { partition: 0, offset: 0n }, ignoredEventTypes }).outcome.kind).toBe('duplicate')
})

const attack = { data: { contentId: 'c-1', title: '<script>alert(1)</script>' } }
const finding = { path: 'data.title', classes: ['xss'], excerpt: '[U+003C]script[U+003E]alert(1)[U+003C]/script[U+003E]' }
const screening = { classes: ['xss'], findings: [finding] }

test('an event without an attack says nothing of screening', () => {
  const { emits, rows } = admit(received(), { ...mine, blocksAttacks: true })
  expect(emits[0]?.data).not.toHaveProperty('screening')
  expect(rows.map(({ table }) => table)).toEqual(['raw_events'])
})

test('an event that carries an attack is let in with a mark, and what was found is kept', () => {
  const decision = admit(received(attack), mine)
  expect(decision).toMatchObject({ outcome: { kind: 'emitted' }, emits: [{ data: { screening } }], rows: [{ table: 'raw_events' }, { table: 'attack_findings', action: 'marked', screening }] })
})

test('where its tenant blocks attacks it is a dead letter that names field and class and quotes nothing', () => {
  const decision = admit(received(attack), { ...mine, blocksAttacks: true, claim: undefined })
  expect(decision).toMatchObject({ outcome: { kind: 'dead_lettered', reason: 'attack_blocked', detail: 'data.title: looks like an attack (xss)' }, emits: [], rows: [{ table: 'attack_findings', action: 'blocked', screening }] })
  expect(JSON.stringify(decision.outcome)).not.toContain('alert')
})

test('a record that was let in before its tenant began to block decides the same again', () => {
  expect(admit(received(attack), { ...mine, blocksAttacks: true })).toEqual(admit(received(attack), mine))
})

test('another copy of an event that was let in is a duplicate, and one of an ignored type is filtered: neither is blocked', () => {
  expect(admit(received(attack), { ...mine, blocksAttacks: true, claim: { partition: 0, offset: 0n } }).outcome.kind).toBe('duplicate')
  expect(admit(received(attack), { ...mine, blocksAttacks: true, ignoredEventTypes: new Set(['com.ott.playback.started.v1']) }).outcome.kind).toBe('filtered')
})
