import type { ASTNode } from '@marcbachmann/cel-js'
import type { ViewerEventType } from '@ott/contracts/viewer-event-types'
import { conditionsOf } from './check-reachability.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { eventFields, fieldAt, type EventField } from './event-fields.ts'
import { pathOf } from './rule-condition.ts'

/** What a condition may cost, in steps: one is about what a single operation takes, some tens of nanoseconds. */
export const costLimits = {
  /** Of one condition of a tenant's own rules. */
  rule: 5_000,
  /** Of all conditions of a rule set that one event can have to pass. */
  eventType: 50_000,
} as const

/** Where a contract sets no bound: no event is larger than a mebibyte. */
const unboundedItems = 10_000
const unboundedLength = 65_536
const charactersInStep = 16
/** Decoding a consent string, which is remembered, and asking it. */
const consentCost = 20

const macros = new Set(['all', 'exists', 'exists_one', 'existsOne', 'map', 'filter'])

export interface CostContext {
  readonly fields: EventField
  readonly lists: Readonly<Record<string, readonly string[]>>
  /** Characters of each item of the list that a macro goes through. */
  readonly itemLength?: number
}

/**
 * An upper bound of the steps a condition takes on any event of a type, from the bounds of the type's contract: a node is one, going
 * through a list as many as it may have items, times what is done with each; comparing texts grows with their length. Whatever would be
 * skipped counts as well.
 */
export function costOf(ast: ASTNode, context: CostContext): number {
  return measure(ast, context).cost
}

interface Measured {
  readonly cost: number
  /** At most so many items, where it is a list or a map. */
  readonly items: number
  /** At most so many characters, where it is a text. */
  readonly length: number
}

function measure(node: ASTNode, context: CostContext): Measured {
  const path = pathOf(node)
  if (path !== undefined) return measureField(path, context)
  switch (node.op) {
    case '.': {
      const [parent] = node.args
      return { cost: 1 + measure(parent, context).cost + (parent.op === 'id' && parent.args === 'consent' ? consentCost : 0), items: 0, length: 0 }
    }
    case 'value':
      return { cost: 1, items: 0, length: typeof node.args === 'string' ? node.args.length : 0 }
    case 'id':
      // Other names are what a macro goes through: one item of a list, of which nothing is longer than its own text may be.
      return { cost: 1, items: context.lists[node.args]?.length ?? 0, length: context.itemLength ?? 0 }
    case 'list': {
      const items = node.args.map((each) => measure(each, context))
      return { cost: 1 + sum(items), items: items.length, length: Math.max(0, ...items.map(({ length }) => length)) }
    }
    case 'in': {
      const [item, container] = node.args.map((each) => measure(each, context)) as [Measured, Measured]
      const { entry } = fieldAt(context.fields, pathOf(node.args[1]) ?? []) ?? {}
      // A key is looked up, an item is looked for.
      return { cost: 1 + item.cost + container.cost + (entry === undefined ? container.items : 1), items: 0, length: 0 }
    }
    case 'call':
    case 'rcall': {
      if (node.op === 'call' && node.args[0] === 'has') return { cost: 1 + sum(node.args[1].map((each) => measure(each, context))), items: 0, length: 0 }
      const [name, receiver, args] = node.op === 'call' ? [node.args[0], undefined, node.args[1]] : node.args
      if (receiver !== undefined && macros.has(name)) return measureMacro(measure(receiver, context), args, context)
      const parts = [...(receiver === undefined ? [] : [receiver]), ...args].map((each) => measure(each, context))
      const length = parts.reduce((total, part) => total + part.length, 0)
      return { cost: 1 + sum(parts) + Math.ceil(length / charactersInStep), items: Math.max(0, ...parts.map(({ items }) => items)), length }
    }
    case '&&':
    case '||':
    case '?:':
    case '!_':
    case '-_':
    case '[]':
    case '[?]':
      return { ...joined(node, context), items: 0, length: 0 }
    default: {
      // Comparisons and sums of what may be long: texts by their characters, lists by their items.
      const whole = joined(node, context)
      return { ...whole, cost: whole.cost + Math.ceil(whole.length / charactersInStep) + whole.items }
    }
  }
}

function measureMacro(range: Measured, args: readonly ASTNode[], context: CostContext): Measured {
  const body = sum(args.slice(1).map((each) => measure(each, { ...context, itemLength: range.length })))
  return { cost: 1 + range.cost + range.items * (1 + body), items: range.items, length: 0 }
}

function joined(node: ASTNode, context: CostContext): Measured {
  const parts = (Array.isArray(node.args) ? node.args.flat(2) : [node.args]).filter(isNode).map((each) => measure(each, context))
  return { cost: 1 + sum(parts), items: Math.max(0, ...parts.map(({ items }) => items)), length: Math.min(...parts.map(({ length }) => length), unboundedLength) }
}

function measureField(path: readonly string[], { fields }: CostContext): Measured {
  const field = fieldAt(fields, path)
  const { celType = '', bounds } = field ?? {}
  const isMany = celType.startsWith('list<') || field?.entry !== undefined || celType === 'dyn'
  return {
    cost: path.length + 1,
    items: isMany ? (bounds?.itemsMax ?? unboundedItems) : 0,
    length: celType.includes('string') || celType === 'dyn' ? (bounds?.lengthMax ?? unboundedLength) : 0,
  }
}

function sum(parts: readonly Measured[]): number {
  return parts.reduce((total, { cost }) => total + cost, 0)
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value
}

/** What each condition of a rule may cost, by the type it is put to. */
export function costsOf(rule: CompiledRule, lists: CostContext['lists']): { field: string; type: ViewerEventType; cost: number }[] {
  return conditionsOf(rule).flatMap(({ field, holds, eventTypes }) => eventTypes.map((type) => ({ field, type, cost: costOf(holds.ast, { fields: eventFields(type), lists }) })))
}
