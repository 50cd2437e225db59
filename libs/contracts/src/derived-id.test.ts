import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { derivedId, eventKeyOf } from './derived-id.ts'

test('the same work gives the same id, today and in any release', () => {
  expect(derivedId('parent', 'violations.v1', 'rule')).toBe('5a24fb4c1f40217b297df80c013b7475')
  expect(eventKeyOf('acme', '/players/tv', 'e-1')).toBe('8de255734509a7d864b316962f6caf3e')
})

test('ids are 32 hex digits, whatever they are made from', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (a, b, c) => expect(derivedId(a, b, c)).toMatch(/^[0-9a-f]{32}$/)),
  )
})

test('parts can not run into one another: other parts give another id', () => {
  const parts = fc.tuple(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }))
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const same = a.join('\u0001') === b.join('\u0001') && a.every((part, place) => part === b[place])
      expect(derivedId(...a) === derivedId(...b)).toBe(same)
      expect(eventKeyOf(...a) === eventKeyOf(...b)).toBe(same)
    }),
    { numRuns: 1_000 },
  )
  expect(derivedId('ab', 'c')).not.toBe(derivedId('a', 'bc'))
})
