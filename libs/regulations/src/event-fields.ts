import type { Privacy } from '@ott/contracts/privacy'
import { viewerEventTypes, type ViewerEventType } from '@ott/contracts/viewer-event-types'
import { viewerEventEnvelope } from '@ott/contracts/viewer-event'
import { z } from 'zod'

/** One field of an event type as rules see it. */
export interface EventField {
  /** CEL type of a leaf; undefined for an object with named fields. JSON numbers are CEL doubles. */
  readonly celType?: string | undefined
  /** Whether an event may lack it although its parent is there. */
  readonly optional: boolean
  /** Set when the field or one above it is personal. */
  readonly privacy?: Privacy | undefined
  /** The named fields of an object. */
  readonly fields?: ReadonlyMap<string, EventField> | undefined
  /** What a map with free keys holds. */
  readonly entry?: EventField | undefined
  /** What the contract says of its values. */
  readonly bounds?: FieldBounds | undefined
}

/** Which values a contract lets in; what is absent is not bounded. */
export interface FieldBounds {
  readonly values?: readonly string[] | undefined
  readonly pattern?: RegExp | undefined
  readonly isInteger?: boolean | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  /** Characters of a text, or of each text of a list. Texts of a form, such as times and codes, count as short: only digits nobody needs could make them longer. */
  readonly lengthMax?: number | undefined
  readonly itemsMin?: number | undefined
  readonly itemsMax?: number | undefined
}

interface JsonSchema {
  type?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema | false
  items?: JsonSchema
  anyOf?: JsonSchema[]
  enum?: unknown[]
  const?: unknown
  minimum?: number
  maximum?: number
  maxLength?: number
  format?: string
  pattern?: string
  minItems?: number
  maxItems?: number
  'x-privacy'?: Privacy
}

/**
 * The fields a condition may read of one event type: `type`, `subject`, `time`, `attacks` (the classes of attack that screening found in it) and
 * what its contract says of `data`.
 */
export function eventFields(type: ViewerEventType): EventField {
  return catalogue.get(type) ?? { optional: false }
}

function fieldOf(schema: JsonSchema, optional: boolean, inherited?: Privacy): EventField {
  const privacy = schema['x-privacy'] ?? inherited
  if (schema.properties !== undefined) {
    const required = new Set(schema.required)
    const entries = Object.entries(schema.properties).map(([name, each]) => [name, fieldOf(each, !required.has(name), privacy)] as const)
    return { optional, privacy, fields: new Map(entries) }
  }
  const entry = schema.type === 'object' && schema.additionalProperties ? fieldOf(schema.additionalProperties, true, privacy) : undefined
  return { optional, privacy, celType: celTypeOf(schema), entry, bounds: boundsOf(schema) }
}

function boundsOf({ type, anyOf, items, ...schema }: JsonSchema): FieldBounds {
  if (anyOf !== undefined) return {}
  const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const])
  return {
    values: values?.every((value) => typeof value === 'string') ? values : undefined,
    pattern: schema.pattern === undefined ? undefined : new RegExp(schema.pattern, 'u'),
    isInteger: type === 'integer' ? true : undefined,
    min: schema.minimum,
    max: schema.maximum,
    lengthMax: lengthMaxOf(schema) ?? (items && lengthMaxOf(items)),
    itemsMin: schema.minItems,
    itemsMax: schema.maxItems,
  }
}

function lengthMaxOf({ maxLength, format, pattern, ...schema }: JsonSchema): number | undefined {
  if (maxLength !== undefined) return maxLength
  if (schema.enum !== undefined) return Math.max(...schema.enum.map((value) => String(value).length))
  return format === undefined && pattern === undefined ? undefined : formLengthMax
}

function celTypeOf({ type, items, additionalProperties, anyOf }: JsonSchema): string {
  if (anyOf !== undefined) {
    const types = new Set(anyOf.map(celTypeOf))
    return types.size === 1 ? ([...types][0] as string) : 'dyn'
  }
  if (type === 'string') return 'string'
  if (type === 'boolean') return 'bool'
  if (type === 'number' || type === 'integer') return 'double'
  if (type === 'array') return `list<${celTypeOf(items ?? {})}>`
  if (type === 'object') return `map<string, ${celTypeOf(additionalProperties || {})}>`
  return 'dyn'
}

/** The field at a path, or undefined where the contract has none. */
export function fieldAt(root: EventField, path: readonly string[]): EventField | undefined {
  let field: EventField | undefined = root
  for (const name of path) field = field?.fields?.get(name) ?? field?.entry
  return field
}

const formLengthMax = 64

function describe(type: ViewerEventType): EventField {
  const envelope = z.toJSONSchema(viewerEventEnvelope) as JsonSchema
  const data = z.toJSONSchema(viewerEventTypes[type]) as JsonSchema
  const fields = new Map<string, EventField>()
  for (const name of ['type', 'subject', 'time']) fields.set(name, fieldOf(envelope.properties?.[name] ?? {}, false))
  fields.set('attacks', { optional: false, celType: 'list<string>', bounds: { lengthMax: 32, itemsMax: 16 } })
  fields.set('data', fieldOf(data, false))
  return { optional: false, fields }
}

/** The contracts don't change while the program runs, and hundreds of rules ask for the same types. */
const catalogue: ReadonlyMap<ViewerEventType, EventField> = new Map((Object.keys(viewerEventTypes) as ViewerEventType[]).map((type) => [type, describe(type)]))
