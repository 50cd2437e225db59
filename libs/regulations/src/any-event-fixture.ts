import { viewerEventTypes } from '@ott/contracts/viewer-event-types'
import fc from 'fast-check'
import { z } from 'zod'

interface JsonSchema {
  type?: string
  enum?: string[]
  format?: string
  pattern?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema | false
  items?: JsonSchema
  anyOf?: JsonSchema[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
}

const words = [
  ...['ads', 'essential', 'viewing-history-sharing', 'parental-authorisation', 'marketing', 'analytics', 'health', 'request-processing'],
  ...['constructor', 'toString', ''],
]
const times = fc
  .tuple(
    fc.date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('2026-01-15T12:00:00Z'), noInvalidDate: true }),
    fc.stringMatching(/^(\.[0-9]{1,20})?$/),
    fc.constantFrom('Z', '+15:59', '-00:00', '+05:30'),
  )
  .map(([date, fraction, offset]) => date.toISOString().slice(0, 19) + fraction + offset)

/** Any value a contract allows, likely enough to be one that rules care about. */
function arbitraryOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(arbitraryOf))
  if (schema.format === 'date-time') return times
  if (schema.format === 'ipv4') return fc.ipV4()
  if (schema.format === 'ipv6') return fc.constant('2001:db8::1')
  const { pattern } = schema
  if (pattern) return fc.constantFrom(...['DE', 'US', 'IN', 'CH', 'risk-ensemble'].filter((text) => new RegExp(pattern).test(text)))
  if (schema.type === 'string') {
    const { minLength = 0, maxLength = 20 } = schema
    const fitting = words.filter(({ length }) => length >= minLength && length <= maxLength)
    return fc.oneof(fc.constantFrom(...fitting), fc.string({ minLength, maxLength: Math.min(maxLength, 20) }))
  }
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'integer') return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 2e9, 2e9) })
  if (schema.type === 'number') return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e6, noNaN: true })
  if (schema.type === 'array') {
    return fc.array(arbitraryOf(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 5 })
  }
  if (schema.properties) {
    const fields = Object.fromEntries(Object.entries(schema.properties).map(([name, each]) => [name, arbitraryOf(each)]))
    return fc.record(fields, { requiredKeys: schema.required ?? [] })
  }
  if (schema.type === 'object') {
    const keys = fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 20 }))
    return fc.dictionary(keys, arbitraryOf(schema.additionalProperties || {}), { maxKeys: 4 })
  }
  return fc.jsonValue()
}

/** Any event that ingest would accept. */
export const anyEvent = fc
  .constantFrom(...(Object.keys(viewerEventTypes) as (keyof typeof viewerEventTypes)[]))
  .chain((type) => {
    const data = arbitraryOf(z.toJSONSchema(viewerEventTypes[type]) as JsonSchema) as fc.Arbitrary<Record<string, unknown>>
    return fc.record({ type: fc.constant(type), subject: fc.constant('viewer-7'), time: times, data })
  })
