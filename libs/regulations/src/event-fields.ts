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
}

interface JsonSchema {
  type?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema | false
  items?: JsonSchema
  anyOf?: JsonSchema[]
  'x-privacy'?: Privacy
}

/** The fields a condition may read of one event type: `type`, `subject`, `time` and what its contract says of `data`. */
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
  return { optional, privacy, celType: celTypeOf(schema), entry }
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

function describe(type: ViewerEventType): EventField {
  const envelope = z.toJSONSchema(viewerEventEnvelope) as JsonSchema
  const data = z.toJSONSchema(viewerEventTypes[type]) as JsonSchema
  const fields = new Map<string, EventField>()
  for (const name of ['type', 'subject', 'time']) fields.set(name, fieldOf(envelope.properties?.[name] ?? {}, false))
  fields.set('data', fieldOf(data, false))
  return { optional: false, fields }
}

/** The contracts don't change while the program runs, and hundreds of rules ask for the same types. */
const catalogue: ReadonlyMap<ViewerEventType, EventField> = new Map((Object.keys(viewerEventTypes) as ViewerEventType[]).map((type) => [type, describe(type)]))
