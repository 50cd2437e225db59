import { sqlKindOf, sqlWords } from './sql-words.ts'

/** Which quote the text may have landed in: none, single or double. */
export type QuoteContext = '' | "'" | '"'

/** How many tokens of one text are looked at. */
const tokensMax = 1_500

/**
 * Reads lower-case text as SQL would, from inside the given quote, and writes a character for each token:
 * `s` string, `1` number, `n` name, `N` system table, `f` `g` `h` function (telling, known, other), `v` variable, `V` server variable,
 * `=` comparison, `o` arithmetic, `e` `&`, `p` `||`, `C` comment that ends the text, `k` comment in front of other text, `x` anything else,
 * and the letters of {@link sqlWords}. Closed comments are spaces, those of MySQL that begin with `/*!` are read.
 */
export function sqlTokens(text: string, context: QuoteContext): string {
  const reader = new SqlReader(text)
  if (context !== '') reader.string(context)
  while (reader.index < text.length && reader.tokens.length < tokensMax) reader.token()
  return reader.tokens
}

const space = /[\s\u00a0]/
const wordStart = /[a-z_\u0080-\uffff]/
const Character = { other: 0, space: 1, word: 2, digit: 3, quote: 4 } as const
const characterKinds = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (space.test(character)) return Character.space
  if (wordStart.test(character)) return Character.word
  if (/[0-9]/.test(character)) return Character.digit
  return /['"`]/.test(character) ? Character.quote : Character.other
})
const wordEnd = /[^a-z0-9_$.#\u0080-\uffff]/g
const numberEnd = /[^0-9.]/g
const hexNumber = /0x[0-9a-f]{1,4096}|0b[01]{1,4096}/y
const exponent = /e[+-]?\d{1,20}/y

/** A cursor over one text: a class, as it holds where it is. */
class SqlReader {
  readonly text: string
  index = 0
  tokens = ''

  constructor(text: string) {
    this.text = text
  }

  string(quote: string): void {
    const { text } = this
    let at = this.index
    while (at < text.length) {
      const character = text[at]
      if (character === '\\' && at + 1 < text.length && text[at + 1] === quote) at += 2
      else if (character !== quote) at += 1
      else if (text[at + 1] === quote && at > this.index) at += 2
      else break
    }
    this.index = at + 1
    this.tokens += 's'
  }

  token(): void {
    const { text } = this
    const code = text.charCodeAt(this.index)
    const kind = code < 128 ? characterKinds[code] : code === 0xa0 ? Character.space : Character.word
    if (kind === Character.space) this.index += 1
    else if (kind === Character.word) this.word()
    else if (kind === Character.digit) this.number()
    else if (kind === Character.quote) this.quoted(text.charAt(this.index))
    else this.sign(text.charAt(this.index), text.charAt(this.index + 1))
  }

  quoted(quote: string): void {
    this.index += 1
    if (quote !== '`') return this.string(quote)
    const end = this.text.indexOf('`', this.index)
    this.push('n', (end < 0 ? this.text.length : end + 1) - this.index)
  }

  sign(character: string, next: string): void {
    if (character === '@') this.variable()
    else if (character === '-' && next === '-') this.comment(2)
    else if (character === '#') this.hash()
    else if (character === '/' && next === '*') this.blockComment()
    else if (character === '*' && next === '/') this.index += 2
    else this.operator(character, next)
  }

  push(kind: string, length: number): void {
    this.tokens += kind
    this.index += length
  }

  number(): void {
    const { text } = this
    hexNumber.lastIndex = this.index
    if (hexNumber.test(text)) return this.push('1', hexNumber.lastIndex - this.index)
    numberEnd.lastIndex = this.index
    const end = numberEnd.exec(text)?.index ?? text.length
    exponent.lastIndex = end
    const after = exponent.test(text) ? exponent.lastIndex : end
    if (!wordStart.test(text.charAt(after))) return this.push('1', after - this.index)
    const word = text.slice(after, wordEndFrom(text, after))
    // `1or 1=1`: no space is needed behind a number.
    if (sqlWords.has(word)) return this.push('1', after - this.index)
    this.push('n', after + word.length - this.index)
  }

  word(): void {
    const { text } = this
    const end = wordEndFrom(text, this.index)
    const word = text.slice(this.index, end)
    const next = text.charAt(end)
    // A prefix of a string: n'…', x'…', _utf8'…'.
    if (next === "'" && /^(?:n|x|b|q|e|u&|_[a-z0-9]{2,12})$/.test(word) && this.tokens !== '') {
      this.index = end
      return
    }
    const bracket = next === '(' || (next === ' ' && text.charAt(end + 1) === '(')
    this.push(sqlKindOf(word.endsWith('.') ? word.slice(0, -1) : word, bracket), end - this.index)
  }

  variable(): void {
    const { text } = this
    const isServer = text.charAt(this.index + 1) === '@'
    const start = this.index + (isServer ? 2 : 1)
    const end = wordEndFrom(text, start)
    this.push(end === start ? 'x' : isServer ? 'V' : 'v', Math.max(end, start) - this.index)
  }

  /** A comment up to the end of the line; what follows decides whether it is one, or a dash in a sentence. */
  comment(length: number): void {
    const rest = this.text.slice(this.index + length, this.index + length + 80)
    const end = this.text.indexOf('\n', this.index)
    const isLast = /^[\s+\-]{0,8}[^\s]{0,12}\s{0,4}$/.test(rest)
    this.push(isLast ? 'C' : 'k', end < 0 ? this.text.length : end - this.index)
  }

  hash(): void {
    const next = this.text.charAt(this.index + 1)
    if (next === '' || space.test(next) || next === '-' || next === "'" || next === '"') this.comment(1)
    else this.push('x', 1)
  }

  blockComment(): void {
    const { text } = this
    if (text.charAt(this.index + 2) === '!') {
      this.index += 3
      while (text.charAt(this.index) >= '0' && text.charAt(this.index) <= '9') this.index += 1
      return
    }
    const end = text.indexOf('*/', this.index + 2)
    if (end < 0) this.push('C', text.length)
    else this.index = end + 2
  }

  operator(character: string, next: string): void {
    const pair = character + next
    if (pair === '||') this.push('p', 2)
    else if (pair === '&&') this.push('&', 2)
    else if (pair === '==' || pair === '!=' || pair === '<>' || pair === '<=' || pair === '>=' || pair === ':=') this.push('=', this.text.charAt(this.index + 2) === '>' ? 3 : 2)
    else if ('=<>'.includes(character)) this.push('=', 1)
    else if ('(),;'.includes(character)) this.push(character, 1)
    else if ('+-*/%^|~'.includes(character)) this.push('o', 1)
    else if (character === '&') this.push('e', 1)
    else if (character === '!') this.push('!', 1)
    else this.push('x', 1)
  }
}

function wordEndFrom(text: string, index: number): number {
  wordEnd.lastIndex = index
  return wordEnd.exec(text)?.index ?? text.length
}
