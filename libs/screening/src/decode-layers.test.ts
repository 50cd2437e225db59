import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeLayers, layersMax } from './decode-layers.ts'

const last = (text: string) => decodeLayers(text).at(-1)?.text

test.each([
  ['%3Cb%3E', '<b>'],
  ['%253Cb', '<b'],
  ['%%32%66', '/'],
  ['%%32%%66', '/'],
  ['%c0%ae%c0%af', './'],
  ['%c0%2f', '/'],
  ['%e0%80%ae', '.'],
  ['%f0%80%80%ae', '.'],
  ['%u003c%uff0e', '<.'],
  ['%C3%A9', 'é'],
  ['%E9', 'é'],
  ['&lt;&#60;&#x3c;&#0000060', '<<<<'],
  ['\\u003c\\x3c\\u{3c}', '<<<'],
  ['＜ａ＞', '<a>'],
  ['a\u0000b\u0000', 'ab'],
  ['100% sure &amp', '100% sure &amp'],
  ['%zz \\q &nothing;', '%zz \\q &nothing;'],
])('%s is read as %s', (text, decoded) => {
  expect(last(text)).toBe(decoded)
})

test('the text as it came is the first form, and ordinary text has no other', () => {
  expect(decodeLayers("Tom & Jerry's 50%")).toHaveLength(1)
  expect(decodeLayers('%41')[0]?.text).toBe('%41')
})

test('a plus is a space in what was encoded or has no spaces', () => {
  expect(decodeLayers("1'+or+1").map(({ text }) => text)).toContain("1' or 1")
  expect(decodeLayers('C++ for all').map(({ text }) => text)).toEqual(['C++ for all'])
})

test('forms are few, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('%', '2', '5', '&', '#', 'x', ';', '\\', 'u', '{', '}', '0', 'c', '＜', '+', 'amp;') }), (text) => {
      expect(decodeLayers(text).length).toBeLessThanOrEqual(layersMax + 2)
    }),
  )
})
