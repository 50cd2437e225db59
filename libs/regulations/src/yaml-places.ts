import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml'

/** A place in a text: line and column count from 1. */
export interface TextPlace {
  readonly line: number
  readonly column: number
}

/** A text of YAML with the places of what it says. */
export interface YamlText {
  /** What it says; undefined when it can't be read. */
  readonly content: unknown
  readonly faults: readonly (TextPlace & { readonly problem: string })[]
  /** Where the value at a path begins, or what comes nearest to it. */
  placeOf(path: readonly string[]): TextPlace
  /** The place of a line and column inside the text at a path, however that text is written: block, folded, quoted, plain. */
  placeWithin(path: readonly string[], inside: TextPlace): TextPlace
}

const charactersMax = 4_000_000

/** Reads one document of YAML 1.2. Never throws: what is wrong with it is in `faults`. */
export function readYaml(text: string): YamlText {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: true })
  const placeAt = (offset: number): TextPlace => {
    const { line, col } = lineCounter.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const faults = document.errors.map(({ message, pos }) => ({ problem: message.split(/ at line \d+/)[0] ?? message, ...placeAt(pos[0]) }))
  const content = faults.length > 0 ? undefined : contentOf(document, faults)
  return {
    content,
    faults,
    placeOf: (path) => placeAt(startOf(nodeAt(document, path).node)),
    placeWithin(path, inside) {
      const { node, isWhole } = nodeAt(document, path)
      if (!isWhole || !isScalar(node) || typeof node.value !== 'string') return placeAt(startOf(node))
      return placeAt(offsetIn(text, node, offsetOf(node.value, inside)))
    },
  }
}

/** Aliases that would multiply without bound are refused by the reader, those that only multiply much here. */
function contentOf(document: Document.Parsed, faults: (TextPlace & { problem: string })[]): unknown {
  try {
    const content: unknown = document.toJS()
    if (JSON.stringify(content ?? null).length <= charactersMax) return content
  } catch {
    /* told below */
  }
  faults.push({ problem: 'has aliases that lead nowhere, or to too much', line: 1, column: 1 })
  return undefined
}

function nodeAt(document: Document.Parsed, path: readonly string[]): { node: Node | null; isWhole: boolean } {
  let node: Node | null = document.contents
  for (const name of path) {
    const within: Node | null | undefined = isAlias(node) ? node.resolve(document) : node
    const next: unknown = isMap(within)
      ? within.items.find(({ key }) => String(isScalar(key) ? key.value : key) === name)?.value
      : isSeq(within) && /^\d+$/.test(name)
        ? within.items[Number(name)]
        : undefined
    if (next === undefined || next === null) return { node, isWhole: false }
    node = next as Node
  }
  return { node, isWhole: true }
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0
}

function offsetOf(value: string, { line, column }: TextPlace): number {
  const before = value.split('\n').slice(0, line - 1)
  return before.reduce((sum, each) => sum + each.length + 1, 0) + column - 1
}

/**
 * Indentation, folding and escapes change white space and the length of what is written, but neither the order nor the number of
 * the other characters: the n-th of them in the value is the n-th in the source.
 */
function offsetIn(text: string, node: Node & { value?: unknown; type?: unknown }, offset: number): number {
  const [start = 0, end = 0] = node.range ?? []
  const before = String(node.value).slice(0, offset).replaceAll(/\s/g, '').length
  let count = 0
  let after = start
  for (const { at, length } of visibleCharacters(text, node.type, start, end)) {
    if (count === before) return at
    count++
    after = at + length
  }
  return after
}

function* visibleCharacters(text: string, type: unknown, start: number, end: number): Generator<{ at: number; length: number }> {
  const isBlock = type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED'
  const isQuoted = type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE'
  const last = isQuoted ? end - 1 : end
  // A block begins on the line after its header.
  let at = isBlock ? text.indexOf('\n', start) + 1 : isQuoted ? start + 1 : start
  while (at < last) {
    const length = type === 'QUOTE_SINGLE' && text.startsWith("''", at) ? 2 : type === 'QUOTE_DOUBLE' && text[at] === '\\' ? escapeLength(text[at + 1]) : 1
    const isVisible = length === 1 ? !/\s/.test(text[at] ?? '') : type === 'QUOTE_SINGLE' || !/[\sntrvfNL_P]/.test(text[at + 1] ?? '')
    if (isVisible) yield { at, length }
    at += length
  }
}

function escapeLength(kind: string | undefined): number {
  return { x: 4, u: 6, U: 10 }[kind ?? ''] ?? 2
}
