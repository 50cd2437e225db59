import { RE2JS } from 're2js'
import type { Labels } from './alert.ts'

/** How a label is compared: equal, not equal, matches, doesn't match. */
export type MatchOperator = '=' | '!=' | '=~' | '!~'

/** One condition on one label. A label that is absent counts as empty. Expressions are RE2's and anchored on both ends. */
export interface Matcher {
  readonly name: string
  readonly operator: MatchOperator
  readonly value: string
  matches(value: string): boolean
}

/** Characters of a matcher's value, and of a text of matchers, at most. */
export const maxMatcherLength = 1_000

/** A matcher that can't be read. Its message says what is wrong in one sentence. */
export class MatcherError extends Error {
  override readonly name = 'MatcherError'
}

/**
 * One condition, ready to be asked.
 *
 * @throws MatcherError for an expression that RE2 doesn't take, a name that is empty, or a value that is too long
 */
export function matcher(name: string, operator: MatchOperator, value: string): Matcher {
  if (name === '') throw new MatcherError('a matcher names a label')
  if (name.length > maxMatcherLength || value.length > maxMatcherLength) {
    throw new MatcherError(`a matcher's name and value have at most ${maxMatcherLength} characters each`)
  }
  return { name, operator, value, matches: test(operator, value) }
}

/**
 * Reads matchers as they stand under `matchers:` and as amtool takes them: `foo="bar"`, `{a=b, c=~"x.*"}`. Names and values may be quoted, and have to be
 * where they hold spaces or one of `{}!=~,\"'` and the backtick. An empty text or `{}` has none. Alertmanager's parser in UTF-8 strict mode
 * (docs/configuration.md, "Label matchers"); the classic fallback for values that are neither quoted nor plain isn't there.
 *
 * @throws MatcherError that says what was expected, and at which character
 */
export function parseMatchers(text: string): Matcher[] {
  // Escapes may make a text longer than what it says: a name and a value at their bound still fit.
  if (text.length > 16 * maxMatcherLength) throw new MatcherError(`a text of matchers has at most ${16 * maxMatcherLength} characters`)
  const tokens = tokensOf(text)
  let at = 0
  const peek = () => tokens[at] ?? end(text)
  const isNext = (...kinds: Token['kind'][]) => kinds.includes(peek().kind)
  const expect = (what: string, ...kinds: Token['kind'][]) => {
    const token = peek()
    if (!kinds.includes(token.kind)) throw new MatcherError(`expected ${what} at character ${token.at + 1}, found ${token.kind === 'end' ? 'the end' : `'${token.text}'`}`)
    at += 1
    return token
  }

  const found: Matcher[] = []
  const isBraced = isNext('{')
  if (isBraced) at += 1
  while (!isNext('}', 'end')) {
    const name = expect('the name of a label', 'text')
    const operator = expect("an operator, '=', '!=', '=~' or '!~'", 'operator')
    const value = expect('a value', 'text')
    found.push(matcher(name.text, operator.text as MatchOperator, value.text))
    if (isNext(',')) at += 1
    else if (!isNext('end', '}')) expect(isBraced ? "',' or '}'" : "',' or the end", ',')
  }
  if (isBraced) expect("'}'", '}')
  expect('the end', 'end')
  return found
}

/** Whether the labels fulfil each of the matchers. No matchers: they do. */
export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((condition) => condition.matches(labelOf(labels, condition.name)))
}

/** A label's value, empty where it is absent. */
export function labelOf(labels: Labels, name: string): string {
  return Object.hasOwn(labels, name) ? (labels[name] ?? '') : ''
}

/** As Alertmanager prints it: `severity=~"high|critical"`, with the name in quotes only where it must be. */
export function formatMatcher({ name, operator, value }: Pick<Matcher, 'name' | 'operator' | 'value'>): string {
  return `${reserved.test(name) ? quoteMatcherText(name) : name}${operator}${quoteMatcherText(value)}`
}

/** Matchers as one text, `{a="b",c=~"d"}`, which `parseMatchers` reads back. */
export function formatMatchers(matchers: readonly Pick<Matcher, 'name' | 'operator' | 'value'>[]): string {
  return `{${matchers.map(formatMatcher).join(',')}}`
}

/** In the order in which Alertmanager keeps them: by name, then value, then operator. */
export function sortMatchers(matchers: readonly Matcher[]): readonly Matcher[] {
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return matchers.toSorted((a, b) => order(a.name, b.name) || order(a.value, b.value) || operators.indexOf(a.operator) - operators.indexOf(b.operator))
}

/** What may stand in a name or a value only between quotes. */
const reserved = /[\s{}!=~,\\"'`]/u

const operators: readonly MatchOperator[] = ['=', '!=', '=~', '!~']

function test(operator: MatchOperator, value: string): (label: string) => boolean {
  switch (operator) {
    case '=':
      return (label) => label === value
    case '!=':
      return (label) => label !== value
    case '=~': {
      const expression = compile(value)
      return (label) => expression.matches(label)
    }
    case '!~': {
      const expression = compile(value)
      return (label) => !expression.matches(label)
    }
  }
}

function compile(value: string): RE2JS {
  try {
    return RE2JS.compile(value)
  } catch (error) {
    throw new MatcherError(`'${value}' isn't an expression of RE2: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function quoteMatcherText(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`
}

interface Token {
  readonly kind: '{' | '}' | ',' | 'operator' | 'text' | 'end'
  readonly text: string
  readonly at: number
}

const end = (text: string): Token => ({ kind: 'end', text: '', at: text.length })

/** One token at a time, from where the last one ended. The last alternative is what has no place. */
const tokenPattern = /\s+|(?<brace>[{},])|(?<operator>=~|!=|!~|=)|"(?<quoted>(?:[^"\\\n]|\\.)*)"|(?<plain>[^\s{}!=~,\\"'`]+)|(?<other>.)/gsu

function tokensOf(text: string): Token[] {
  return [...text.matchAll(tokenPattern)].flatMap(({ index, groups = {} }): Token[] => {
    const { brace, operator, quoted, plain, other } = groups
    if (other !== undefined) {
      throw new MatcherError(other === '"' ? `the quote at character ${index + 1} isn't closed` : `'${other}' at character ${index + 1} has to be quoted`)
    }
    if (brace !== undefined) return [{ kind: brace as '{' | '}' | ',', text: brace, at: index }]
    if (operator !== undefined) return [{ kind: 'operator', text: operator, at: index }]
    if (quoted !== undefined) return [{ kind: 'text', text: unescape(quoted, index), at: index }]
    return plain !== undefined ? [{ kind: 'text', text: plain, at: index }] : []
  })
}

/** The escapes of a Go string in double quotes that stand for characters. */
function unescape(quoted: string, at: number): string {
  return quoted.replaceAll(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gsu, (all: string, byte?: string, short?: string, long?: string, one?: string) => {
    const code = byte ?? short ?? long
    if (code !== undefined) {
      const point = Number.parseInt(code, 16)
      const isCharacter = point <= 0x10_ff_ff && (point < 0xd8_00 || point > 0xdf_ff) && (byte === undefined || point < 0x80)
      if (isCharacter) return String.fromCodePoint(point)
    }
    const plain = one !== undefined && Object.hasOwn(escapes, one) ? escapes[one] : undefined
    if (plain === undefined) throw new MatcherError(`'${all}' in the quotes at character ${at + 1} isn't an escape`)
    return plain
  })
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"',
}
