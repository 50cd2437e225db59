import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { formatMatchers, matcher, MatcherError, matchesAll, parseMatchers } from './matcher.ts'

test('each operator compares as it says, expressions on the whole value', () => {
  expect(matcher('a', '=', 'x').matches('x')).toBe(true)
  expect(matcher('a', '=', 'x').matches('xy')).toBe(false)
  expect(matcher('a', '!=', 'x').matches('y')).toBe(true)
  expect(matcher('a', '!=', 'x').matches('x')).toBe(false)
  expect(matcher('a', '=~', 'a|ab').matches('ab')).toBe(true)
  expect(matcher('a', '=~', 'b').matches('abc')).toBe(false)
  expect(matcher('a', '!~', 'b.*').matches('bc')).toBe(false)
  expect(matcher('a', '!~', 'b').matches('abc')).toBe(true)
})

test('a label that is absent is an empty one, also where an object would inherit its name', () => {
  expect(matchesAll([matcher('a', '=', '')], {})).toBe(true)
  expect(matchesAll([matcher('a', '!=', '')], { b: 'x' })).toBe(false)
  expect(matchesAll([matcher('toString', '=', '')], {})).toBe(true)
})

test('all matchers have to match, and none always do', () => {
  const both = parseMatchers('a="1",b="2"')
  expect(matchesAll(both, { a: '1', b: '2' })).toBe(true)
  expect(matchesAll(both, { a: '1' })).toBe(false)
  expect(matchesAll([], { a: '1' })).toBe(true)
})

test.each([
  ['foo="bar"', [['foo', '=', 'bar']]],
  ['{a=b, c=~"x.*"}', [['a', '=', 'b'], ['c', '=~', 'x.*']]],
  [' a != b , ', [['a', '!=', 'b']]],
  ['"a b"!~"c=d"', [['a b', '!~', 'c=d']]],
  ['größe=9µ', [['größe', '=', '9µ']]],
  ['a="\\"\\\\\\n\\u00e4\\x41"', [['a', '=', '"\\\näA']]],
  ['', []],
  ['{}', []],
])('%s is read as Alertmanager reads it', (text, expected) => {
  expect(parseMatchers(text).map(({ name, operator, value }) => [name, operator, value])).toEqual(expected)
})

test.each([
  ['foo=', 'expected a value at character 5, found the end'],
  ['{', "expected '}' at character 2, found the end"],
  ['a=b}', "expected the end at character 4, found '}'"],
  ['a=b,,', "expected the name of a label at character 5, found ','"],
  ['a b=c', "expected an operator, '=', '!=', '=~' or '!~' at character 3, found 'b'"],
  ['a=b c=d', "expected ',' or the end at character 5, found 'c'"],
  ['a="b', "the quote at character 3 isn't closed"],
  ['a="\\q"', "isn't an escape"],
  ["a='b'", "''' at character 3 has to be quoted"],
  ['a=~"("', "'(' isn't an expression of RE2"],
  ['a=~"(?=b)"', "isn't an expression of RE2"],
  ['""=b', 'a matcher names a label'],
  [`a="${'x'.repeat(1_001)}"`, 'at most 1000 characters'],
])('%s is refused with what was expected', (text, message) => {
  expect(() => parseMatchers(text)).toThrow(MatcherError)
  expect(() => parseMatchers(text)).toThrow(message)
})

const texts = fc.string({ unit: 'grapheme', maxLength: 30 })

test('what is printed is read back', () => {
  const some = fc.array(fc.record({ name: texts.filter((text) => text !== ''), operator: fc.constantFrom('=' as const, '!=' as const), value: texts }))
  fc.assert(
    fc.property(some, (matchers) => {
      expect(parseMatchers(formatMatchers(matchers)).map(({ name, operator, value }) => ({ name, operator, value }))).toEqual(matchers)
    }),
  )
})

test('any text is read or refused by a MatcherError', () => {
  const mixed = fc.string({ unit: fc.constantFrom('a', '=', '!', '~', '"', '\\', ',', '{', '}', ' ', '(', '*', 'é', '\n'), maxLength: 40 })
  fc.assert(
    fc.property(fc.oneof(texts, mixed), (text) => {
      try {
        parseMatchers(text)
      } catch (error) {
        expect(error).toBeInstanceOf(MatcherError)
      }
    }),
  )
})
