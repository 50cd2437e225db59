import type { ASTNode } from '@marcbachmann/cel-js'
import { fieldAt, type EventField, type FieldBounds } from './event-fields.ts'
import { pathOf } from './rule-condition.ts'

export type Value = string | number | boolean

/** A condition as far as its truth can be reasoned about: what and, or, not and ?: join, over unknowns of which each has few values that differ. */
export type Formula =
  | { readonly kind: 'constant'; readonly value: boolean; readonly node: ASTNode }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Formula[]; readonly node: ASTNode }
  | { readonly kind: 'not'; readonly part: Formula; readonly node: ASTNode }
  | { readonly kind: 'if'; readonly test: Formula; readonly then: Formula; readonly otherwise: Formula; readonly node: ASTNode }
  | { readonly kind: 'atom'; readonly unknown: string; /** Presences without which it is an error. */ readonly needs: readonly string[]; holds(value: Value): boolean; readonly node: ASTNode }

/** A literal that the contract of a field rules out. */
export interface StrayLiteral {
  readonly node: ASTNode
  readonly text: string
  readonly field: string
}

export interface TruthProblem {
  readonly formula: Formula
  /** The values of each unknown that some atom tells apart: one for each kind. */
  readonly values: ReadonlyMap<string, readonly Value[]>
  readonly strays: readonly StrayLiteral[]
}

/** What is known of the events that a condition is put to. */
export interface KnownOfEvents {
  readonly fields: EventField
  readonly lists: Readonly<Record<string, readonly string[]>>
  /** Values that a field has wherever the condition is put, by path: such as the countries of its rule. */
  readonly fixed: ReadonlyMap<string, readonly string[]>
}

const anyOther = '\u0000any other'

/** Reads a condition that compiles. Whatever it isn't able to read becomes an unknown of its own that may be true or false. */
export function truthProblemOf(ast: ASTNode, known: KnownOfEvents): TruthProblem {
  const reader = createReader(known)
  const formula = reader.read(ast)
  return { formula, values: reader.values(), strays: reader.strays }
}

interface Term {
  readonly unknown: string
  readonly path: readonly string[]
  readonly needs: readonly string[]
  readonly kind: 'text' | 'number' | 'bool'
  readonly bounds: FieldBounds
}

function createReader({ fields, lists, fixed }: KnownOfEvents) {
  const terms = new Map<string, { term: Term; mentioned: Set<Value> }>()
  const booleans = new Set<string>()
  const strays: StrayLiteral[] = []

  const isOptional = (path: readonly string[]) => fieldAt(fields, path)?.optional === true && !fixed.has(path.join('.'))
  const presencesOf = (path: readonly string[]): string[] => {
    const needed = path.map((_, index) => path.slice(0, index + 1)).filter(isOptional)
    return needed.map(presence)
  }
  const presence = (path: readonly string[]): string => {
    const unknown = `has ${path.join('.')}`
    booleans.add(unknown)
    return unknown
  }

  const termOf = (node: ASTNode): Term | undefined => {
    const measured = sizedPath(node)
    const path = measured ?? pathOf(node)
    const field = path && fieldAt(fields, path)
    if (path === undefined || field === undefined) return undefined
    const name = path.join('.')
    const needs = presencesOf(path)
    if (measured !== undefined) {
      const { itemsMin = 0, itemsMax, lengthMax } = field.bounds ?? {}
      const max = field.celType === 'string' ? lengthMax : itemsMax
      return { unknown: `size ${name}`, path, needs, kind: 'number', bounds: { isInteger: true, min: itemsMin, max } }
    }
    const kind = ({ string: 'text', double: 'number', bool: 'bool' } as const)[field.celType ?? '']
    return kind && { unknown: name, path, needs, kind, bounds: field.bounds ?? {} }
  }

  const atomOf = (node: ASTNode, term: Term, mentioned: readonly Value[], holds: (value: Value) => boolean): Formula => {
    const known = terms.get(term.unknown) ?? { term, mentioned: new Set<Value>() }
    terms.set(term.unknown, known)
    for (const value of mentioned) known.mentioned.add(value)
    return { kind: 'atom', unknown: term.unknown, needs: term.needs, holds, node }
  }

  const opaque = (node: ASTNode): Formula => {
    const unknown = `expression ${keyOf(node)}`
    booleans.add(unknown)
    return { kind: 'atom', unknown, needs: plainReads(node).flatMap(presencesOf), holds: (value) => value === true, node }
  }

  const noteStray = (node: ASTNode, value: Value, term: Term) => {
    if (term.kind === 'text' && typeof value === 'string' && !mayBe(value, term.bounds)) strays.push({ node, text: value, field: term.path.join('.') })
  }

  const compare = (node: ASTNode, op: string, left: ASTNode, right: ASTNode): Formula => {
    const [constants, flipped] = [[literalOf(left), literalOf(right)] as const, { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }[op] ?? op]
    if (constants[0] !== undefined && constants[1] !== undefined) return { kind: 'constant', value: comparison(op)(constants[0], constants[1]), node }
    const [term, constant, how, at] = constants[1] === undefined ? [termOf(right), constants[0], flipped, left] as const : [termOf(left), constants[1], op, right] as const
    if (term === undefined || constant === undefined || typeof constant !== jsTypes[term.kind]) return opaque(node)
    if (term.kind !== 'number' && how !== '==' && how !== '!=') return opaque(node)
    noteStray(at, constant, term)
    return atomOf(node, term, [constant], (value) => comparison(how)(value, constant))
  }

  const membership = (node: ASTNode, item: ASTNode, container: ASTNode): Formula => {
    const map = pathOf(container)
    const key = literalOf(item)
    if (map !== undefined) {
      const entry = fieldAt(fields, map)?.entry
      if (typeof key !== 'string' || entry === undefined) return opaque(node)
      return { kind: 'atom', unknown: presence([...map, key]), needs: presencesOf(map), holds: (value) => value === true, node }
    }
    const listed = container.op === 'list' ? container.args.map((each) => ({ node: each, value: literalOf(each) })) : container.op === 'id' ? lists[container.args]?.map((value) => ({ node: container, value })) : undefined
    if (listed === undefined) return opaque(node)
    if (listed.length === 0) return { kind: 'constant', value: false, node }
    const values = listed.flatMap(({ value }) => value ?? [])
    const term = termOf(item)
    if (term === undefined || values.length < listed.length) return opaque(node)
    if (container.op === 'list') for (const each of listed) if (each.value !== undefined) noteStray(each.node, each.value, term)
    return atomOf(node, term, values, (value) => values.includes(value))
  }

  const read = (node: ASTNode): Formula => {
    switch (node.op) {
      case '&&':
      case '||': {
        const kind = node.op === '&&' ? 'and' : 'or'
        return { kind, parts: node.args.flatMap((each) => partsOf(each, node.op)).map(read), node }
      }
      case '!_':
        return { kind: 'not', part: read(node.args), node }
      case '?:': {
        const [test, then, otherwise] = node.args
        return { kind: 'if', test: read(test), then: read(then), otherwise: read(otherwise), node }
      }
      case 'value':
        return typeof node.args === 'boolean' ? { kind: 'constant', value: node.args, node } : opaque(node)
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return compare(node, node.op, node.args[0], node.args[1])
      case 'in':
        return membership(node, node.args[0], node.args[1])
      case 'call': {
        const [name, [argument]] = node.args
        const asked = name === 'has' && argument !== undefined ? pathOf(argument) : undefined
        if (asked === undefined) return opaque(node)
        const needs = presencesOf(asked.slice(0, -1))
        if (isOptional(asked)) return { kind: 'atom', unknown: presence(asked), needs, holds: (value) => value === true, node }
        if (needs.length === 0) return { kind: 'constant', value: true, node }
        const [last = ''] = needs.slice(-1)
        return { kind: 'atom', unknown: last, needs, holds: (value) => value === true, node }
      }
      default: {
        const term = termOf(node)
        return term?.kind === 'bool' ? atomOf(node, term, [], (value) => value === true) : opaque(node)
      }
    }
  }

  return {
    read,
    strays,
    values(): ReadonlyMap<string, readonly Value[]> {
      const all = new Map<string, readonly Value[]>([...booleans].map((unknown) => [unknown, [true, false]]))
      for (const [unknown, { term, mentioned }] of terms) all.set(unknown, valuesOf(term, [...mentioned], fixed.get(term.path.join('.'))))
      return all
    },
  }
}

const jsTypes = { text: 'string', number: 'number', bool: 'boolean' } as const

function partsOf(node: ASTNode, op: '&&' | '||'): ASTNode[] {
  return node.op === op ? node.args.flatMap((each) => partsOf(each, op)) : [node]
}

/** `size(event.data.x)` or `event.data.x.size()`: the path that is measured. */
function sizedPath(node: ASTNode): string[] | undefined {
  if (node.op === 'call' && node.args[0] === 'size' && node.args[1][0] !== undefined) return pathOf(node.args[1][0])
  return node.op === 'rcall' && node.args[0] === 'size' && node.args[2].length === 0 ? pathOf(node.args[1]) : undefined
}

function literalOf(node: ASTNode): Value | undefined {
  if (node.op === '-_') {
    const value = literalOf(node.args)
    return typeof value === 'number' ? -value : undefined
  }
  if (node.op !== 'value') return undefined
  if (typeof node.args === 'bigint') return Number(node.args)
  return typeof node.args === 'string' || typeof node.args === 'number' || typeof node.args === 'boolean' ? node.args : undefined
}

function comparison(op: string): (a: Value, b: Value) => boolean {
  const tests: Record<string, (a: Value, b: Value) => boolean> = {
    '==': (a, b) => a === b,
    '!=': (a, b) => a !== b,
    '<': (a, b) => a < b,
    '<=': (a, b) => a <= b,
    '>': (a, b) => a > b,
    '>=': (a, b) => a >= b,
  }
  return tests[op] ?? (() => false)
}

function mayBe(text: string, { values, pattern, lengthMax }: FieldBounds): boolean {
  if (values !== undefined) return values.includes(text)
  return (pattern === undefined || pattern.test(text)) && (lengthMax === undefined || text.length <= lengthMax)
}

/** One value of each kind that the atoms tell apart. */
function valuesOf({ kind, bounds }: Term, mentioned: readonly Value[], fixed: readonly string[] | undefined): readonly Value[] {
  if (kind === 'bool') return [true, false]
  if (kind === 'text') {
    const named = mentioned.filter((value) => typeof value === 'string' && mayBe(value, bounds) && (fixed === undefined || fixed.includes(value)))
    const closed = fixed ?? bounds.values
    const other = closed === undefined ? anyOther : closed.find((value) => !mentioned.includes(value))
    return other === undefined ? named : [...named, other]
  }
  const { min, max, isInteger } = bounds
  const marks = [...new Set([...mentioned, min, max].filter((value) => typeof value === 'number'))].sort((a, b) => a - b)
  if (marks.length === 0) return [0]
  const between = marks.flatMap((mark, index) => {
    const next = marks[index + 1]
    return isInteger === true ? [Math.ceil(mark) - 1, Math.floor(mark) + 1] : next === undefined ? [] : [(mark + next) / 2]
  })
  const all = [...marks, ...between, (marks[0] ?? 0) - 1, (marks.at(-1) ?? 0) + 1]
  return [...new Set(all)].filter((value) => (min === undefined || value >= min) && (max === undefined || value <= max) && (isInteger !== true || Number.isInteger(value)))
}

/** What an expression reads without asking; nothing where it may ask within itself. */
function plainReads(node: ASTNode): string[][] {
  const path = pathOf(node)
  if (path !== undefined) return [path]
  if (node.op === '&&' || node.op === '||' || node.op === '?:') return []
  if (node.op === 'call') return node.args[0] === 'has' ? [] : node.args[1].flatMap(plainReads)
  // Of a macro the list it goes through is read; what is inside may stand behind a question.
  if (node.op === 'rcall') return plainReads(node.args[1])
  return (Array.isArray(node.args) ? node.args : [node.args]).flatMap((each: unknown) => (isNode(each) ? plainReads(each) : []))
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value
}

/** The same for expressions that mean the same by their words. */
function keyOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(keyOf).join()}]`
  if (isNode(value)) return `${value.op}(${keyOf(value.args)})`
  return typeof value === 'bigint' ? `${value}n` : String(JSON.stringify(value))
}
