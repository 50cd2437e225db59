/**
 * Issuer prefixes with the lengths their cards have (ISO/IEC 7812 and the networks' own tables). Visa's old numbers of 13 digits are
 * left out: none is issued any more, and article numbers (GTIN-13) look like them.
 */
const issuers: readonly (readonly [from: number, to: number, lengths: readonly number[]])[] = [
  [2200, 2204, [16]], // Mir
  [2221, 2720, [16]], // Mastercard
  [3000, 3059, [14]], // Diners Club
  [3400, 3499, [15]], // American Express
  [3528, 3589, [16, 19]], // JCB
  [3600, 3699, [14]], // Diners Club
  [3700, 3799, [15]], // American Express
  [3800, 3999, [14]], // Diners Club
  [4000, 4999, [16, 19]], // Visa
  [5018, 5018, [13, 14, 15, 16, 17, 18, 19]], // Maestro
  [5020, 5020, [13, 14, 15, 16, 17, 18, 19]],
  [5038, 5038, [13, 14, 15, 16, 17, 18, 19]],
  [5085, 5089, [16]], // RuPay
  [5100, 5599, [16]], // Mastercard
  [5893, 5893, [13, 14, 15, 16, 17, 18, 19]],
  [6011, 6011, [16, 19]], // Discover
  [6069, 6085, [16]], // RuPay
  [6200, 6299, [16, 19]], // UnionPay
  [6304, 6304, [13, 14, 15, 16, 17, 18, 19]],
  [6440, 6599, [16, 19]], // Discover, RuPay
  [6759, 6759, [13, 14, 15, 16, 17, 18, 19]],
  [6761, 6763, [13, 14, 15, 16, 17, 18, 19]],
  [8172, 8202, [16]], // RuPay
]

/** Printed cards have four groups, five when the number is long; the first is of four, six or eight digits. */
const groupsMax = 5
const firstGroupLengths = [4, 6, 8]
const groupLengthMin = 3
/** The shortest number an issuer has. */
const digitsMin = 13
/** More than any field that conditions read as text. */
const textLengthMax = 16_384

/** Digits, in groups or not. A plus is a space in a query. */
const groupedDigits = /\d+(?:[ +-]\d+)*/g

/**
 * Whether a text holds a payment card number: 13 to 19 digits, alone or in groups with single spaces or hyphens between, with the
 * prefix and length of a known issuer and the right check digit (ISO/IEC 7812-1, Annex B). A text may be percent-encoded. Digits that
 * are part of a word, a slug, a decimal or an international telephone number are none.
 *
 * One number in ten has the right check digit by chance, so an identifier of 16 digits that begins like a card may be taken for one.
 * Takes time linear in the length of the text, of which the first 16,384 characters are read.
 */
export function cardNumberIn(text: string): boolean {
  const plain = withoutEscapes(text.slice(0, textLengthMax))
  for (const { 0: run, index } of plain.matchAll(groupedDigits)) {
    if (run.length >= digitsMin && isCardIn(run, mayBegin(plain, index), mayEnd(plain, index + run.length))) return true
  }
  return false
}

/** Looks at each word of a run of digits, and at neighbouring words as groups of one number. */
function isCardIn(run: string, mayBeginFirst: boolean, mayEndLast: boolean): boolean {
  const words = run.split(/[ +]/)
  for (let first = mayBeginFirst ? 0 : 1; first < words.length; first++) {
    const groups: string[] = []
    for (let last = first; last < words.length && groups.length < groupsMax; last++) {
      const groupsOfWord = (words[last] ?? '').split('-')
      if (groupsOfWord.length > 1 && last > first) break
      groups.push(...groupsOfWord)
      if ((mayEndLast || last < words.length - 1) && isGroupedCard(groups)) return true
      if (groupsOfWord.length > 1) break
    }
  }
  return false
}

function isGroupedCard(groups: readonly string[]): boolean {
  if (groups.length > groupsMax) return false
  if (groups.length > 1 && !firstGroupLengths.includes(groups[0]?.length ?? 0)) return false
  if (groups.some((group) => group.length < groupLengthMin)) return false
  const digits = groups.join('')
  return hasIssuer(digits) && hasCheckDigit(digits)
}

function hasIssuer(digits: string): boolean {
  const prefix = Number(digits.slice(0, 4))
  return issuers.some(([from, to, lengths]) => prefix >= from && prefix <= to && lengths.includes(digits.length))
}

/** The Luhn formula: from the right, every second digit counts twice. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = digit * 2
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

const wordCharacter = /[\p{L}\p{N}_]/u

function mayBegin(text: string, index: number): boolean {
  const before = text[index - 1] ?? ' '
  const isFraction = before === '.' && /\d/.test(text[index - 2] ?? '')
  return !wordCharacter.test(before) && before !== '-' && before !== '+' && !isFraction
}

function mayEnd(text: string, index: number): boolean {
  const after = text[index] ?? ' '
  const next = text[index + 1] ?? ' '
  return !wordCharacter.test(after) && !(after === '-' && wordCharacter.test(next)) && !(after === '.' && /\d/.test(next))
}

/** Percent-encoded ASCII as what it stands for, other bytes as a letter. */
function withoutEscapes(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => {
    const code = Number.parseInt(hex, 16)
    return code < 128 ? String.fromCharCode(code) : 'x'
  })
}
