import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { boundedText, webLink } from './bounded-text.ts'
import { hostileText } from './notification-fixture.ts'

const escapeAngle = (character: string) => (character === '<' ? '&lt;' : character)

test('no text is longer than its bound, spans lines or is cut within a character or an escape', () => {
  fc.assert(
    fc.property(hostileText, fc.integer({ min: 1, max: 300 }), (text, lengthMax) => {
      const shown = boundedText(text, lengthMax, escapeAngle)
      expect(shown.length).toBeLessThanOrEqual(lengthMax)
      expect(shown).not.toMatch(/[\r\n\u0000\u202e\u2028]/)
      expect(shown.isWellFormed()).toBe(true)
      expect(shown.replaceAll('&lt;', '')).not.toContain('<')
    }),
  )
})

test('what fits stays as it is, and what is cut says so', () => {
  expect(boundedText('Grüße 👩‍🚀', 20)).toBe('Grüße 👩‍🚀')
  expect(boundedText('abcdef', 6)).toBe('abcdef')
  expect(boundedText('abcdefg', 6)).toBe('abcde…')
  expect(boundedText('a<<<', 9, escapeAngle)).toBe('a&lt;…')
})

test('only web addresses without credentials are links', () => {
  expect(webLink('https://a.example/x?y=1')).toBe('https://a.example/x?y=1')
  for (const text of ['javascript:alert(1)', 'data:text/html,x', 'https://user:pass@a.example/', '/relative', '', 'https://']) expect(webLink(text)).toBeUndefined()
})
