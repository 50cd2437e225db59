import { isAlias, isCollection, isMap, isNode, isScalar, isSeq, type LineCounter, type Node, Scalar } from 'yaml'
import { parseDuration } from './duration.ts'

/** What is wrong with a configuration, and where: lines and columns begin at 1. Never holds a secret. */
export interface ConfigurationProblem {
  readonly line: number
  readonly column: number
  readonly message: string
}

/** A value in the text of a configuration, and what people call it: `route.routes[1].receiver`. */
export interface Place {
  readonly node: Node
  readonly path: string
}

/** One reading of one text: it goes on after a problem, so that all of them are told at once. */
export interface Reading {
  readonly lines: LineCounter
  readonly problems: ConfigurationProblem[]
  /** How much more is taken: what takes long to compile is bounded for the whole text. */
  readonly left: { matchers: number }
}

/** Problems that are told of one text. */
const maxProblems = 100

/** Notes what is wrong at a place. */
export function complain({ lines, problems }: Reading, { node, path }: Place, message: string): undefined {
  if (problems.length >= maxProblems) return undefined
  const { line, col } = lines.linePos(node.range?.[0] ?? 0)
  problems.push({ line: Math.max(line, 1), column: Math.max(col, 1), message: path === '' ? message : `${path}: ${message}` })
  return undefined
}

/** Fields that a mapping may have. */
export interface Known {
  readonly fields: readonly string[]
  /** Fields of Alertmanager that aren't taken here, with the sentence that says so. */
  readonly unsupported?: (field: string) => string | undefined
}

/** The fields of a mapping that are known and aren't null. Anything else in it is a problem. Undefined where it is no mapping. */
export function fieldsOf(reading: Reading, place: Place | undefined, { fields, unsupported }: Known): ReadonlyMap<string, Place> | undefined {
  const entries = entriesOf(reading, place)
  if (entries === undefined) return undefined
  const found = new Map<string, Place>()
  for (const [field, value] of entries) {
    if (fields.includes(field)) {
      if (!isNull(value)) found.set(field, value)
      continue
    }
    const sentence = unsupported?.(field) ?? (field.endsWith('_file') ? 'secrets in files are not supported: give the value itself' : undefined)
    complain(reading, value, sentence ?? `unknown field, expected one of ${fields.join(', ')}`)
  }
  return found
}

/** All of a mapping's pairs, by key, in the order of the text. */
export function entriesOf(reading: Reading, place: Place | undefined): readonly (readonly [string, Place])[] | undefined {
  if (place === undefined) return undefined
  const { node } = place
  if (isAlias(node)) return complain(reading, place, 'aliases are not supported: write the value out')
  if (!isMap(node)) return complain(reading, place, 'expected a mapping of fields')
  const seen = new Set<string>()
  return node.items.flatMap(({ key, value }): (readonly [string, Place])[] => {
    if (!isScalar(key)) return complain(reading, place, 'expected a plain name as key') ?? []
    const field = String(key.value)
    const path = place.path === '' ? field : `${place.path}.${field}`
    if (seen.has(field)) complain(reading, { node: key, path }, 'is there twice')
    seen.add(field)
    return [[field, { node: isNode(value) ? value : nullAt(key), path }]]
  })
}

/** The items of a list, empty where it is absent. */
export function itemsOf(reading: Reading, place: Place | undefined, atMost = 500): Place[] {
  if (place === undefined) return []
  const { node, path } = place
  if (isAlias(node)) complain(reading, place, 'aliases are not supported: write the value out')
  if (!isSeq(node)) {
    if (!isAlias(node)) complain(reading, place, 'expected a list')
    return []
  }
  if (node.items.length > atMost) complain(reading, place, `at most ${atMost} are taken, found ${node.items.length}`)
  return node.items.slice(0, atMost).map((item, index) => ({ node: item as Node, path: `${path}[${index}]` }))
}

/** A text of one line. Numbers and the like are taken as they are written. */
export function textOf(reading: Reading, place: Place | undefined): string | undefined {
  const text = longTextOf(reading, place)
  // They would end a line of a mail's head, or of a log.
  if (text !== undefined && place !== undefined && /[\u0000-\u001f\u007f]/.test(text)) return complain(reading, place, 'has to be one line without control characters')
  return text
}

/** A text that may have several lines. */
export function longTextOf(reading: Reading, place: Place | undefined): string | undefined {
  if (place === undefined) return undefined
  const { node } = place
  if (isAlias(node)) return complain(reading, place, 'aliases are not supported: write the value out')
  if (!isScalar(node) || node.value === null) return complain(reading, place, 'expected a text')
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
}

/** `true` or `false`. */
export function booleanOf(reading: Reading, place: Place | undefined): boolean | undefined {
  if (place === undefined) return undefined
  if (isScalar(place.node) && typeof place.node.value === 'boolean') return place.node.value
  return complain(reading, place, 'expected true or false')
}

/** A whole number within bounds. */
export function integerOf(reading: Reading, place: Place | undefined, { min, max }: { min: number; max: number }): number | undefined {
  if (place === undefined) return undefined
  const value = isScalar(place.node) ? place.node.value : undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  return complain(reading, place, `expected a whole number from ${min} to ${max}`)
}

/** A duration in ms. */
export function durationOf(reading: Reading, place: Place | undefined, { isPositive = false } = {}): number | undefined {
  const text = textOf(reading, place)
  if (text === undefined || place === undefined) return undefined
  const ms = parseDuration(text)
  if (ms === undefined) return complain(reading, place, "isn't a duration: write it like 1h30m, 5m or 10s, up to 100y")
  return ms === 0 && isPositive ? complain(reading, place, 'has to be greater than zero') : ms
}

/** A list of texts that aren't empty, empty where it is absent. */
export function textsOf(reading: Reading, place: Place | undefined): { readonly text: string; readonly place: Place }[] {
  return itemsOf(reading, place).flatMap((item) => {
    const text = textOf(reading, item)
    if (text === '') complain(reading, item, 'must not be empty')
    return text === undefined || text === '' ? [] : [{ text, place: item }]
  })
}

/** Names that stand for something defined elsewhere; those that don't are problems. */
export function namesIn(reading: Reading, place: Place | undefined, defined: ReadonlySet<string>, what: string): string[] {
  return textsOf(reading, place).flatMap(({ text, place: item }) => (isDefined(reading, item, text, defined, what) ? [text] : []))
}

/** One such name. */
export function nameIn(reading: Reading, place: Place | undefined, defined: ReadonlySet<string>, what: string): string | undefined {
  const text = textOf(reading, place)
  if (text === undefined || place === undefined || text === '') return undefined
  return isDefined(reading, place, text, defined, what) ? text : undefined
}

/** The text of a field that has to be there. */
export function requiredText(reading: Reading, fields: ReadonlyMap<string, Place>, field: string, within: Place): string | undefined {
  const place = fields.get(field)
  const text = textOf(reading, place)
  return text === '' || place === undefined ? complain(reading, place ?? within, place === undefined ? `${field} is missing` : 'must not be empty') : text
}

function isDefined(reading: Reading, place: Place, text: string, defined: ReadonlySet<string>, what: string): boolean {
  if (defined.has(text)) return true
  complain(reading, place, `there is no ${what} '${text.slice(0, 100)}'`)
  return false
}

/** Whether a list or mapping is absent or has nothing in it. */
export function isEmpty(place: Place | undefined): boolean {
  return place === undefined || (isCollection(place.node) && place.node.items.length === 0)
}

function isNull({ node }: Place): boolean {
  return isScalar(node) && node.value === null
}

/** What stands for a value that isn't written, where its key is. */
function nullAt({ range }: Node): Node {
  return Object.assign(new Scalar(null), { range })
}
