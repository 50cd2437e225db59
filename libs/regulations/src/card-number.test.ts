import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { cardNumberIn } from './card-number.ts'

test.each([
  ['Visa', '4111111111111111'],
  ['Mastercard', '5555555555554444'],
  ['Mastercard, 2 series', '2223003122003222'],
  ['American Express', '378282246310005'],
  ['Diners Club', '30569309025904'],
  ['Discover', '6011111111111117'],
  ['JCB', '3530111333300000'],
  ['UnionPay', '6200000000000005'],
  ['Maestro, 13 digits', '5018000000007'],
  ['Mir', '2200000000000004'],
  ['RuPay', '8172000000000005'],
  ['Visa, 19 digits', '4000000000000000006'],
])('a number of %s is found', (_, number) => {
  expect(cardNumberIn(number)).toBe(true)
})

test.each([
  'card 4111 1111 1111 1111 was declined',
  'card 4111-1111-1111-1111, declined',
  'amex 3782 822463 10005.',
  'order 12345 4111 1111 1111 1111',
  'order 12345 4111111111111111 2026',
  '{"pan":"4111111111111111"}',
  '/pay?pan=4111111111111111&next=1',
  '/pay?pan=4111+1111+1111+1111',
  '/pay?pan=4111%201111%201111%201111',
  'https://shop.example/pay?card%3D4111111111111111',
  '/cards/4111111111111111/token',
])('it is found in %j', (text) => {
  expect(cardNumberIn(text)).toBe(true)
})

test.each([
  ['the check digit is wrong', '4111111111111112'],
  ['no issuer has the prefix', '1234567812345670'],
  ['the issuer has other lengths', '411111111111116'],
  ['12 digits', '501800000000'],
  ['20 digits', '41111111111111110000'],
  ['two spaces', '4111  1111 1111 1111'],
  ['groups no card has', '41 11 11 11 11 11 11 11'],
  ['a group of one digit', '4111 11111111111 1'],
  ['a first group of three digits', '411 1111 1111 11111'],
  ['six groups', '4000-000-000-000-000-006'],
  ['spaces and hyphens', '4111 1111-1111-1111'],
  ['part of a word', 'a4111111111111111'],
  ['part of a word, at its end', '4111111111111111b'],
  ['part of a name', 'id_4111111111111111'],
  ['part of a slug', '/titles/the-film-4111111111111111'],
  ['part of a slug, at its start', '/titles/4111111111111111-the-film'],
  ['the digits of a fraction', 'progress 0.4111111111111111'],
  ['a whole part', '4111111111111111.5'],
  ['an international telephone number', '+4111111111111111'],
  ['part of a word in another script', 'д4111111111111111'],
  ['part of such a word, encoded', '%D0%B44111111111111111'],
])('%s: no card number', (_, text) => {
  expect(cardNumberIn(text)).toBe(false)
})

/** Digits with the check digit after them. */
const withCheckDigit = (digits: string) => {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const weighted = Number(digit) * (index % 2 === 0 ? 2 : 1)
    return total + Math.floor(weighted / 10) + (weighted % 10)
  }, 0)
  return `${digits}${(10 - (sum % 10)) % 10}`
}
const numberOf = (prefix: number, length: number) => withCheckDigit(String(prefix).padEnd(length - 1, '0'))

test.each([
  ...[[2200, 16], [2204, 16], [2221, 16], [2720, 16], [3000, 14], [3059, 14], [3400, 15], [3499, 15], [3528, 16], [3589, 19], [3600, 14], [3699, 14]],
  ...[[3700, 15], [3799, 15], [3800, 14], [3999, 14], [4000, 16], [4999, 19], [5018, 13], [5020, 14], [5038, 15], [5085, 16], [5089, 16], [5100, 16]],
  ...[[5599, 16], [5893, 17], [6011, 19], [6069, 16], [6085, 16], [6200, 16], [6299, 19], [6304, 18], [6440, 16], [6599, 19], [6759, 19], [6761, 13]],
  ...[[6763, 16], [8172, 16], [8202, 16]],
] as [number, number][])('an issuer has cards that begin with %i and have %i digits', (prefix, length) => {
  expect(cardNumberIn(numberOf(prefix, length))).toBe(true)
})

test.each([
  ...[[2199, 16], [2205, 16], [2220, 16], [2721, 16], [2999, 14], [3060, 14], [3399, 15], [3500, 15], [3527, 16], [3590, 16], [3600, 16], [3700, 16]],
  ...[[4000, 13], [4000, 15], [4000, 18], [5000, 16], [5018, 12], [5100, 19], [5600, 16], [6010, 16], [6100, 16], [6299, 18], [6439, 16], [6600, 16]],
  ...[[6760, 16], [7000, 16], [8171, 16], [8203, 16], [9000, 16], [1000, 16]],
] as [number, number][])('no issuer has cards that begin with %i and have %i digits', (prefix, length) => {
  expect(cardNumberIn(numberOf(prefix, length))).toBe(false)
})

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`))
const visa = digits(14).map((rest) => withCheckDigit(`4${rest}`))
const words = fc.stringMatching(/^[a-z]{0,12}$/)

test('every card number is found wherever it stands between other words, in whichever groups', () => {
  const separators = fc.constantFrom('', ' ', '-')
  fc.assert(
    fc.property(visa, separators, words, words, (number, separator, before, after) => {
      const grouped = (number.match(/.{4}/g) ?? []).join(separator)
      expect(cardNumberIn(`${before} ${grouped} ${after}`)).toBe(true)
      expect(cardNumberIn(`/${before}?a=${encodeURIComponent(grouped)}&b=${after}`)).toBe(true)
    }),
  )
})

test('a card number with one digit wrong is none', () => {
  fc.assert(
    fc.property(visa, fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 9 }), (number, place, more) => {
      const wrong = (Number(number[place]) + more) % 10
      expect(cardNumberIn(`${number.slice(0, place)}${wrong}${number.slice(place + 1)}`)).toBe(false)
    }),
  )
})

test('identifiers, times and telephone numbers in ordinary addresses and messages are no card numbers', () => {
  const hex = fc.stringMatching(/^[0-9a-f]{31}$/).map((rest) => `${rest}f`)
  const order = fc.tuple(fc.constantFrom('ORD-', 'INV', 'tt', 'ep_'), digits(16)).map((parts) => parts.join(''))
  const instant = fc.integer({ min: Date.UTC(2002, 0, 1), max: Date.UTC(2039, 0, 1) })
  const written = instant.map((ms) => new Date(ms).toISOString())
  const telephone = fc.oneof(digits(10), digits(12).map((rest) => `+4${rest}`), digits(10).map((rest) => `${rest.slice(0, 3)}-${rest.slice(3, 6)}-${rest.slice(6)}`))
  const identifier = fc.oneof(
    fc.uuid(),
    hex,
    fc.ulid(),
    order,
    digits(12),
    telephone,
    instant.map(String),
    instant.map((ms) => `${ms}000`),
    instant.map((ms) => `${ms}000000`),
    written,
    written.map((time) => time.replaceAll(/[^0-9]/g, '')),
    fc.double({ min: 0, max: 1, noNaN: true }).map((share) => share.toFixed(16)),
  )
  fc.assert(
    fc.property(identifier, identifier, identifier, (first, second, third) => {
      expect(cardNumberIn(`/titles/${first}/season/4/episode/12?t=${second}&s=${encodeURIComponent(third)}`)).toBe(false)
      expect(cardNumberIn(`playback of ${first} failed at ${second}: ${third}`)).toBe(false)
    }),
    { numRuns: 2_000 },
  )
})

test('any text is judged, and the longest that looks like cards in little time', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'0123456789 -+.%2') }), (text) => typeof cardNumberIn(text) === 'boolean'))
  const started = performance.now()
  for (const unit of ['4', '4111 ', '4111-', '4 ', '41111111 ', '%20', '4111111111111112 ']) cardNumberIn(unit.repeat(100_000))
  expect(performance.now() - started).toBeLessThan(1_000)
})
