import { z } from 'zod'
import type { EventContract } from './define-event.ts'
import type { Privacy } from './privacy.ts'
import { eventContracts } from './topics.ts'
import { viewerEventEnvelope } from './viewer-event.ts'
import { viewerEventTypes, type ViewerEventType } from './viewer-event-types.ts'

/** A JSON Schema as zod writes it, as far as this folder reads it. */
export interface JsonSchema {
  $schema?: string
  $id?: string
  title?: string
  description?: string
  type?: string
  format?: string
  pattern?: string
  properties?: Record<string, JsonSchema>
  items?: JsonSchema
  anyOf?: JsonSchema[]
  additionalProperties?: JsonSchema | boolean
  'x-privacy'?: Privacy
  [keyword: string]: unknown
}

/** 2020-12 is what is committed and what OpenAPI 3.1 uses; AsyncAPI 3.0 payloads are draft-07 unless they say otherwise. */
export type SchemaDraft = 'draft-2020-12' | 'draft-7'

/** `com.ott.personal-data.accessed.v1` → `Personal data accessed`. */
export function titleOf(type: string): string {
  const words = type
    .replace(/^com\.ott\./, '')
    .replace(/\.v\d+$/, '')
    .replace(/[.-]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** What a sender may write: defaults are not required, and no field is forbidden that is not named. */
export function jsonSchemaOf(schema: z.ZodType, draft: SchemaDraft = 'draft-2020-12'): JsonSchema {
  const { $schema: _dialect, ...described } = z.toJSONSchema(schema, {
    target: draft,
    io: 'input',
    override: ({ jsonSchema }) => relax(jsonSchema as JsonSchema),
  })
  return described as JsonSchema
}

/** zod's pattern for IPv6 refuses embedded IPv4 (`::ffff:192.0.2.1`, RFC 4291 §2.2) that its own check takes; the format says it right. */
function relax(schema: JsonSchema): void {
  if (schema.format === 'ipv6') delete schema.pattern
}

/** One event as JSON Schema, envelope and data: what a structured-mode CloudEvent must look like. */
export interface DescribedEvent {
  readonly type: string
  readonly title: string
  readonly description: string
  readonly schema: JsonSchema
}

function described(type: string, description: string, envelope: z.ZodType, draft: SchemaDraft): DescribedEvent {
  const title = titleOf(type)
  return { type, title, description, schema: { title, description, ...jsonSchemaOf(envelope, draft) } }
}

/** An event between stages. */
export function describeContract({ type, description, envelope }: EventContract, draft: SchemaDraft = 'draft-2020-12'): DescribedEvent {
  return described(type, description, envelope, draft)
}

/** An event that producers send. */
export function describeViewerEvent(type: ViewerEventType, draft: SchemaDraft = 'draft-2020-12'): DescribedEvent {
  const envelope = viewerEventEnvelope.extend({ type: z.literal(type), data: viewerEventTypes[type] })
  return described(type, `${titleOf(type)}: an event about a viewer, as a producer sends it.`, envelope, draft)
}

/** Every viewer event type. */
export function describeViewerEvents(draft: SchemaDraft = 'draft-2020-12'): DescribedEvent[] {
  return (Object.keys(viewerEventTypes) as ViewerEventType[]).map((type) => describeViewerEvent(type, draft))
}

/** The document of one event: the schema of `data` inside it is the one its `dataschema` attribute names. */
export function schemaDocument({ type, schema }: DescribedEvent): JsonSchema {
  const { data, ...attributes } = schema.properties ?? {}
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:ott:event:${type}`,
    ...schema,
    properties: { ...attributes, data: { $id: `urn:ott:schema:${type}`, title: `${titleOf(type)}: data`, ...data } },
  }
}

/** A field that says something about a person, and how. A list's own elements are written `[]`, a map's `*`. */
export interface PrivacyField {
  readonly event: string
  readonly field: string
  readonly privacy: Privacy
}

/** Every tagged field of every event, sorted by event and field. */
export function privacyFields(): PrivacyField[] {
  const events = [...describeViewerEvents(), ...eventContracts.map((contract) => describeContract(contract))]
  return events
    .flatMap(({ type, schema }) => taggedFields(schema, '').map(({ field, privacy }) => ({ event: type, field, privacy })))
    .sort((a, b) => compare(a.event, b.event) || compare(a.field, b.field))
}

function taggedFields(schema: JsonSchema, path: string): { field: string; privacy: Privacy }[] {
  const privacy = schema['x-privacy']
  const own = privacy === undefined ? [] : [{ field: path, privacy }]
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    taggedFields(child, path === '' ? name : `${path}.${name}`),
  )
  const elements = schema.items === undefined ? [] : taggedFields(schema.items, `${path}[]`)
  const values = typeof schema.additionalProperties === 'object' ? taggedFields(schema.additionalProperties, `${path}.*`) : []
  const variants = (schema.anyOf ?? []).flatMap((variant) => taggedFields(variant, path))
  return [...own, ...below, ...elements, ...values, ...variants]
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
