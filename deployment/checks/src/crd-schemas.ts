import { parseAllDocuments } from 'yaml'

interface Crd {
  readonly kind?: string
  readonly spec?: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly name: string; readonly schema?: { readonly openAPIV3Schema?: object } }[]
  }
}

/**
 * The JSON schemas of the kinds that custom resource definitions define, by file name, as the schemas of
 * Kubernetes are called: `virtualservice-networking-v1.json`. An object may have no field beyond those that are defined.
 */
export function crdSchemas(text: string): Map<string, object> {
  const schemas = new Map<string, object>()
  for (const document of parseAllDocuments(text)) {
    const { kind, spec } = (document.toJS() ?? {}) as Crd
    if (kind !== 'CustomResourceDefinition' || spec === undefined) continue
    for (const { name: version, schema } of spec.versions) {
      const { openAPIV3Schema } = schema ?? {}
      if (openAPIV3Schema === undefined) continue
      const file = `${spec.names.kind}-${spec.group.split('.')[0]}-${version}.json`.toLowerCase()
      schemas.set(file, withStandardFields(closed(openAPIV3Schema) as Schema))
    }
  }
  return schemas
}

type Schema = Readonly<Record<string, unknown>>

/** The API server checks these itself, for every kind. */
function withStandardFields(schema: Schema): Schema {
  const properties = schema['properties'] as Schema | undefined
  return { ...schema, properties: { ...properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } } }
}

/** The same schema without room for unknown fields, except where it says that it keeps them. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema).filter(([name, value]) => name !== 'pattern' || isPattern(value))
  const inner = Object.fromEntries(entries.map(([name, value]) => [name, closed(value)])) as Record<string, unknown>
  const isOpen = inner['x-kubernetes-preserve-unknown-fields'] === true || inner['additionalProperties'] !== undefined
  // A `oneOf` beside the properties names some of them again, and must not forbid the others.
  const isDefinition = inner['type'] === 'object' && inner['properties'] !== undefined
  return isDefinition && !isOpen ? { ...inner, additionalProperties: false } : inner
}

/** Go knows expressions that JavaScript doesn't, such as `(?i)`: what they say is left to the API server. */
function isPattern(value: unknown): boolean {
  if (typeof value !== 'string') return true
  try {
    new RegExp(value, 'u')
    return true
  } catch {
    return false
  }
}
