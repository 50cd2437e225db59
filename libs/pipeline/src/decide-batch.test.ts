import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decideBatch, rowsOf } from './decide-batch.ts'
import type { Received, Stage } from './define-stage.ts'
import { UnprocessableError } from './errors.ts'
import { emit } from './outcome.ts'

type Facts = Map<string, number>

function received(key: string, n: number, event = 'fine'): Received<string> {
  const record = { topic: 't', partition: 0, offset: BigInt(n), timestampMs: 0, key, value: null, headers: {} }
  return { record, event, tenantId: 'acme', subject: key, time: '', id: `${key}-${n}`, traceparent: undefined }
}

const counting: Stage<string, Facts, string, number, never> = {
  name: 'compliance',
  read: () => ({ ok: false, cause: { reason: '', detail: '' } }),
  produces: [],
  load: async () => new Map(),
  recall: (facts, { subject }) => facts.get(subject) ?? 0,
  decide({ event, id }, count) {
    if (event === 'refused') throw new UnprocessableError('refused', 'data: is refused')
    if (event === 'bug') throw new TypeError('a bug')
    return emit([], [`${id} is number ${count + 1}`], count + 1)
  },
  remember: (facts, { subject }, count) => void facts.set(subject, count),
}

test('events of one viewer build on each other within a batch', () => {
  const { decided, failure } = decideBatch(counting, [received('a', 0), received('b', 1), received('a', 2)], new Map())
  expect(failure).toBeUndefined()
  expect(decided.flatMap(({ decision }) => decision.rows)).toEqual(['a-0 is number 1', 'b-1 is number 1', 'a-2 is number 2'])
})

test('an event that cannot be processed becomes a dead letter in its place and leaves the state to its neighbours', () => {
  const { decided } = decideBatch(counting, [received('a', 0), received('a', 1, 'refused'), received('a', 2)], new Map())
  expect(decided.map(({ decision }) => decision.outcome.kind)).toEqual(['emitted', 'dead_lettered', 'emitted'])
  expect(decided[1]?.decision.outcome).toEqual({ kind: 'dead_lettered', reason: 'refused', detail: 'data: is refused' })
  expect(decided[2]?.decision.rows).toEqual(['a-2 is number 2'])
})

test('an unforeseen failure ends the batch there: what came before is decided, what follows is untouched', () => {
  const facts: Facts = new Map()
  const { decided, failure } = decideBatch(counting, [received('a', 0), received('a', 1, 'bug'), received('a', 2)], facts)
  expect(decided.length).toBe(1)
  expect(failure?.received.record.offset).toBe(1n)
  expect(failure?.error).toBeInstanceOf(TypeError)
  expect(facts.get('a')).toBe(1)
})

test('rows come sorted by key, and those of one key in the order of their events', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'B', 'ä', '10', '9'), { maxLength: 40 }), (keys) => {
      const batch = keys.map((key, n) => received(key, n))
      const rows = rowsOf(decideBatch(counting, batch, new Map()))
      const expected = batch.toSorted((x, y) => (x.subject < y.subject ? -1 : x.subject > y.subject ? 1 : 0))
      expect(rows.map(({ received: { id } }) => id)).toEqual(expected.map(({ id }) => id))
    }),
  )
})
