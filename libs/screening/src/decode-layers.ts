/** How many encodings one inside the other are taken off. */
export const layersMax = 4

/** A form in which a text may reach an interpreter: as it came, or with some encodings taken off. */
export interface Form {
  readonly text: string
  readonly lower: string
}

const entities: Readonly<Record<string, string>> = {
  amp: '&', apos: "'", ast: '*', bsol: '\\', colon: ':', comma: ',', commat: '@', dollar: '$', equals: '=', excl: '!', grave: '`', gt: '>', lbrace: '{', lcub: '{',
  lpar: '(', lsqb: '[', lt: '<', newline: '\n', num: '#', percnt: '%', period: '.', plus: '+', quest: '?', quot: '"', rbrace: '}', rcub: '}', rpar: ')', rsqb: ']',
  semi: ';', sol: '/', tab: '\t', verbar: '|', nbsp: ' ',
}

/** Escapes that aren't hexadecimal and that old servers took for separators all the same. */
const oddEscapes: Readonly<Record<string, string>> = { '%c0%qf': '/', '%c0%9v': '/', '%c1%8s': '/', '%c1%pc': '\\' }

/** Characters that servers have been known to map to ASCII ("best fit"), beyond the full-width block. */
const bestFits: ReadonlyMap<number, string> = new Map([
  [0x02b9, "'"], [0x02bc, "'"], [0x2018, "'"], [0x2019, "'"], [0x2032, "'"], [0x201c, '"'], [0x201d, '"'], [0x2024, '.'], [0x2044, '/'], [0x2215, '/'], [0x2216, '\\'], [0x3008, '<'], [0x3009, '>'], [0xf025, '/'], [0xefc8, '\\'],
  [0xfe64, '<'], [0xfe65, '>'], [0xfe68, '\\'], [0x560a, '\n'], [0x560d, '\r'], [0x00a0, ' '], [0x2028, '\n'], [0x2029, '\n'],
])
const hasBestFit = /[\u00a0\u02b9\u02bc\u2018\u2019\u201c\u201d\u2032\u2024\u2028\u2029\u2044\u2215\u2216\u3008\u3009\u560a\u560d\uefc8\uf025\ufe64\ufe65\ufe68\uff01-\uff5e]/

function fold(text: string): string {
  if (!hasBestFit.test(text)) return text
  let folded = ''
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    folded += code >= 0xff01 && code <= 0xff5e ? String.fromCharCode(code - 0xfee0) : (bestFits.get(code) ?? character)
  }
  return folded
}

/**
 * Takes encodings off a text, a layer at a time: percent (also doubled, overlong UTF-8, `%u`), HTML entities, escapes of
 * JavaScript, full-width letters, NULs. Gives each distinct form, the text as it came first. At most {@link layersMax} + 2.
 */
export function decodeLayers(text: string): Form[] {
  const texts = [text]
  let last = text
  for (let layer = 0; layer < layersMax; layer++) {
    const next = fold(decodeOnce(last)).replaceAll('\u0000', '')
    if (next === last) break
    texts.push(next)
    last = next
  }
  // In forms and query strings a plus is a space.
  if (last.includes('+') && (texts.length > 1 || !last.includes(' '))) texts.push(last.replaceAll('+', ' '))
  return texts.map((form) => ({ text: form, lower: form.toLowerCase() }))
}

function decodeOnce(text: string): string {
  let out = ''
  let copiedTo = 0
  let index = 0
  while (index < text.length) {
    const code = text.charCodeAt(index)
    const escape = code === 0x25 ? percentAt(text, index) : code === 0x26 ? entityAt(text, index) : code === 0x5c ? backslashAt(text, index) : undefined
    if (escape === undefined) {
      index += 1
      continue
    }
    out += text.slice(copiedTo, index) + escape.value
    index += escape.length
    copiedTo = index
  }
  return copiedTo === 0 ? text : out + text.slice(copiedTo)
}

interface Escape {
  readonly value: string
  readonly length: number
}

/** The value of `count` hexadecimal digits, or -1. */
function hexAt(text: string, index: number, count: number): number {
  let value = 0
  for (let at = index; at < index + count; at++) {
    const digit = hexDigit(text.charCodeAt(at))
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

function byteAt(text: string, index: number): number {
  return text.charCodeAt(index) === 0x25 ? hexAt(text, index + 1, 2) : -1
}

function percentAt(text: string, index: number): Escape | undefined {
  if ((text.charCodeAt(index + 1) | 0x20) === 0x75) {
    const unit = hexAt(text, index + 2, 4)
    return unit < 0 ? undefined : { value: String.fromCharCode(unit), length: 6 }
  }
  const lead = byteAt(text, index)
  if (lead < 0) return doubledAt(text, index)
  if (lead < 0x80) return { value: String.fromCharCode(lead), length: 3 }
  if (lead === 0xc0 || lead === 0xc1) return overlongAt(text, index, lead)
  const more = lead >= 0xfc ? 5 : lead >= 0xf8 ? 4 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc2 ? 1 : 0
  let value = lead & (0x3f >> more)
  for (let byte = 1; byte <= more; byte++) {
    const next = byteAt(text, index + 3 * byte)
    if (next < 0x80 || next > 0xbf) return { value: String.fromCharCode(lead), length: 3 }
    value = (value << 6) | (next & 0x3f)
  }
  return { value: value >>> 0 <= 0x10ffff ? String.fromCodePoint(value) : '\ufffd', length: 3 * (more + 1) }
}

/** `%%32%%66`: the digits of an escape, each escaped. */
function doubledAt(text: string, index: number): Escape | undefined {
  if (text.charCodeAt(index + 1) !== 0x25 || text.charCodeAt(index + 4) !== 0x25 || text.charCodeAt(index + 5) !== 0x25) return undefined
  const digits = [hexDigit(hexAt(text, index + 2, 2)), hexDigit(hexAt(text, index + 6, 2))] as const
  return digits[0] < 0 || digits[1] < 0 ? undefined : { value: String.fromCharCode(digits[0] * 16 + digits[1]), length: 8 }
}

/** Two bytes for an ASCII character, which UTF-8 forbids and lenient decoders take; some drop the first byte alone. */
function overlongAt(text: string, index: number, lead: number): Escape {
  const odd = oddEscapes[text.slice(index, index + 6).toLowerCase()]
  if (odd !== undefined) return { value: odd, length: 6 }
  const next = byteAt(text, index + 3)
  if (next >= 0x80 && next <= 0xbf) return { value: String.fromCharCode(((lead & 1) << 6) | (next & 0x3f)), length: 6 }
  if (lead === 0xc1 && next === 0x1c) return { value: '\\', length: 6 }
  return { value: '', length: 3 }
}

const numericEntity = /&#(?:x0{0,12}([0-9a-f]{1,6})|0{0,12}([0-9]{1,7}));?/iy
const namedEntity = /&([a-z]{2,8});/iy

function entityAt(text: string, index: number): Escape | undefined {
  numericEntity.lastIndex = index
  const numeric = numericEntity.exec(text)
  if (numeric !== null) {
    const code = numeric[1] === undefined ? Number(numeric[2]) : Number.parseInt(numeric[1], 16)
    return code <= 0x10ffff ? { value: String.fromCodePoint(code), length: numeric[0].length } : undefined
  }
  namedEntity.lastIndex = index
  const named = namedEntity.exec(text)
  const value = named === null ? undefined : entities[named[1]?.toLowerCase() ?? '']
  return named === null || value === undefined ? undefined : { value, length: named[0].length }
}

const braced = /\\u\{0{0,8}([0-9a-f]{1,6})\}/iy

function backslashAt(text: string, index: number): Escape | undefined {
  const letter = text.charCodeAt(index + 1) | 0x20
  if (letter === 0x78) {
    const byte = hexAt(text, index + 2, 2)
    return byte < 0 ? undefined : { value: String.fromCharCode(byte), length: 4 }
  }
  if (letter !== 0x75) return undefined
  const unit = hexAt(text, index + 2, 4)
  if (unit >= 0) return { value: String.fromCharCode(unit), length: 6 }
  braced.lastIndex = index
  const point = braced.exec(text)
  const code = point === null ? -1 : Number.parseInt(point[1] ?? '', 16)
  return point === null || code > 0x10ffff ? undefined : { value: String.fromCodePoint(code), length: point[0].length }
}
