import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { neutralise } from './neutralise.ts'

test('what acts is written out, and ordinary text stays as it is', () => {
  expect(neutralise('<b>\u001b[31m', 80)).toBe('[U+003C]b[U+003E][U+001B][31m')
  expect(neutralise('data.title, Amélie 千と千尋 #1!', 80)).toBe('data.title, Amélie 千と千尋 #1!')
})

test('of any text nothing is left that acts in HTML, a template, a log or a terminal, and it is short', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: fc.constantFrom('<', '"', '\u0000', '\ud800', '\u202e', '`', '$', '{', '\n', 'a'), maxLength: 300 })), (text) => {
      const shown = neutralise(text, 120)
      expect(shown).not.toMatch(/[<>&"'`${}\\\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2028\u2029]/u)
      expect(shown.length).toBeLessThanOrEqual(121)
      expect(shown.isWellFormed()).toBe(true)
    }),
  )
})

test('a text that is cut says so', () => {
  expect(neutralise('a'.repeat(121), 120)).toBe(`${'a'.repeat(119)}…`)
  expect(neutralise('a'.repeat(10), 120)).toBe('a'.repeat(10))
})
