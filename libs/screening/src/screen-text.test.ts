import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createChance, hostileInput } from '../fuzz/hostile-inputs.ts'
import { attackClasses } from './attack-class.ts'
import { knownAttacks } from './known-attacks-fixture.ts'
import { ordinaryTexts } from './ordinary-texts-fixture.ts'
import { overlap, screenText, windowLength } from './screen-text.ts'

test.each(attackClasses)('known attacks of class %s are found as what they are', (name) => {
  expect(knownAttacks[name].filter((text) => !screenText(text).includes(name))).toEqual([])
})

test('titles, names, addresses, user agents, URLs and sentences pass, however much they look like code', () => {
  expect(ordinaryTexts.length).toBeGreaterThan(600)
  expect(ordinaryTexts.filter((text) => screenText(text).length > 0)).toEqual([])
})

const ways: readonly [string, (text: string) => string][] = [
  ['percent', (text) => percent(text)],
  ['percent, twice', (text) => percent(percent(text))],
  ['percent, three times', (text) => percent(percent(percent(text)))],
  ['%u', (text) => [...text].map((character) => `%u${hex(character, 4)}`).join('')],
  ['escapes of JavaScript', (text) => [...text].map((character) => `\\u${hex(character, 4)}`).join('')],
  ['escapes of bytes', (text) => [...text].map((character) => `\\x${hex(character, 2)}`).join('')],
  ['HTML entities', (text) => [...text].map((character) => `&#x${hex(character, 2)};`).join('')],
  ['HTML entities without semicolons, padded', (text) => [...text].map((character) => `&#${String(character.charCodeAt(0)).padStart(7, '0')}`).join('')],
  ['overlong UTF-8', (text) => [...text].map((character) => `%c${character.charCodeAt(0) >> 6}%${((character.charCodeAt(0) & 0x3f) | 0x80).toString(16)}`).join('')],
  ['full-width letters', (text) => [...text].map((character) => (character <= ' ' ? character : String.fromCharCode(character.charCodeAt(0) + 0xfee0))).join('')],
  ['NULs in between', (text) => [...text].join('\u0000')],
  ['capitals', (text) => text.toUpperCase()],
  ['a sentence around it', (text) => `Something else. ${text}`],
]

const hex = (character: string, digits: number) => character.charCodeAt(0).toString(16).padStart(digits, '0')
const percent = (text: string) => [...text].map((character) => `%${hex(character, 2)}`).join('')

test.each(ways)('an attack is found behind: %s', (_way, encode) => {
  const plain = ["x' or 1=1 --", '<script>alert(1)</script>', '../../../etc/passwd', '; cat /etc/passwd', '{{7*7}}', '<!entity x system "file:///x">', '*)(uid=*))(|(uid=*', '{"$ne": null}', '\r\nset-cookie: a=b', '${jndi:ldap://x/a}']
  expect(plain.filter((text) => screenText(encode(text)).length === 0)).toEqual([])
})

test('an attack is found wherever it stands in a long text', () => {
  const attack = "' union select password from users --"
  for (const before of [0, 100, windowLength - overlap - 5, windowLength - 20, windowLength, 3 * windowLength - 17]) {
    expect([before, screenText('word '.repeat(before / 5) + attack + ' word'.repeat(2_000))]).toEqual([before, expect.arrayContaining(['sqli'])])
  }
})

test('classes come in one order, each once', () => {
  const classes = screenText(`<script>alert(1)</script>' or 1=1 -- \${jndi:ldap://x} ../../etc/passwd`)
  expect(classes).toEqual(attackClasses.filter((name) => classes.includes(name)))
  expect(classes).toEqual(expect.arrayContaining(['sqli', 'xss', 'path-traversal', 'log4shell']))
})

test('no text makes it throw, and the same text gives the same answer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      expect(screenText(text)).toEqual(screenText(text))
    }),
  )
})

test('no hostile input makes it throw: thousands of random, repeated and mutated ones', () => {
  const chance = createChance(2_026)
  const samples = [...ordinaryTexts, ...Object.values(knownAttacks).flat()]
  for (let count = 0; count < 3_000; count++) expect(Array.isArray(screenText(hostileInput(chance, samples)))).toBe(true)
})
