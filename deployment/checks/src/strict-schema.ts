import { isRecord } from './manifest.ts'

export type Schema = Readonly<Record<string, unknown>>

const kept = ['$ref', 'type', 'enum', 'format', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems', 'required', 'minProperties', 'maxProperties']
const branches = ['oneOf', 'anyOf', 'allOf']
const quantity = '^[+-]?([0-9]+|[0-9]+\\.[0-9]*|\\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$'

/**
 * A schema of the Kubernetes API as JSON Schema in which a field that isn't declared is an error: API servers only drop it.
 * Within oneOf, anyOf, allOf and not, fields are conditions on an object that is declared outside, so nothing is closed there.
 */
export function strictSchema(schema: Schema, isCondition = false): Schema {
  if (schema['x-kubernetes-int-or-string'] === true || schema['format'] === 'int-or-string') return { type: ['integer', 'string'] }
  const strict: Record<string, unknown> = Object.fromEntries(Object.entries(schema).filter(([key]) => kept.includes(key)))
  if (typeof schema['pattern'] === 'string') strict['pattern'] = portablePattern(schema['pattern'])
  if (schema['nullable'] === true && typeof schema['type'] === 'string') strict['type'] = [schema['type'], 'null']
  for (const key of branches) {
    const each = schema[key]
    if (Array.isArray(each)) strict[key] = each.map((branch) => strictSchema(branch as Schema, true))
  }
  if (isRecord(schema['not'])) strict['not'] = strictSchema(schema['not'], true)
  if (isRecord(schema['items'])) strict['items'] = strictSchema(schema['items'], isCondition)
  const additional = schema['additionalProperties']
  if (isRecord(additional)) strict['additionalProperties'] = strictSchema(additional, isCondition)
  const properties = schema['properties']
  if (isRecord(properties)) {
    strict['properties'] = Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, strictSchema(each as Schema, isCondition)]))
    const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || additional !== undefined
    if (!isCondition && !isOpen) strict['additionalProperties'] = false
  }
  return strict
}

/** Go's `(?i)` holds for what follows it, JavaScript's for what is within. */
function portablePattern(pattern: string): string {
  return pattern.includes('(?i)') ? `(?i:${pattern.replaceAll('(?i)', '')})` : pattern
}

/** `apps/v1 Deployment` */
export function kindKey(apiVersion: string, kind: string): string {
  return `${apiVersion} ${kind}`
}

/** Strict schemas of Kubernetes' own kinds, from its OpenAPI document (v2). */
export function schemasOfKubernetes(swagger: Schema): { definitions: Record<string, Schema>; kinds: Record<string, string> } {
  const definitions: Record<string, Schema> = {}
  const kinds: Record<string, string> = {}
  for (const [name, definition] of Object.entries(swagger['definitions'] as Record<string, Schema>)) {
    definitions[name] = name.endsWith('.api.resource.Quantity') ? { type: ['string', 'number'], pattern: quantity } : strictSchema(definition)
    for (const { group, version, kind } of (definition['x-kubernetes-group-version-kind'] ?? []) as { group: string; version: string; kind: string }[]) {
      kinds[kindKey(group === '' ? version : `${group}/${version}`, kind)] ??= name
    }
  }
  return { definitions, kinds }
}

/** Strict schemas of the kinds that a CustomResourceDefinition defines, by kind. Their metadata is Kubernetes' own. */
export function schemasOfCustomResource(definition: Schema, metadata: Schema): Record<string, Schema> {
  const spec = definition['spec'] as { group: string; names: { kind: string }; versions: { name: string; schema: { openAPIV3Schema: Schema } }[] }
  return Object.fromEntries(
    spec.versions.map(({ name, schema: { openAPIV3Schema } }) => {
      const strict = strictSchema(openAPIV3Schema)
      const own = { type: 'object', properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata } }
      const properties = { ...(strict['properties'] as object), ...own.properties }
      return [kindKey(`${spec.group}/${name}`, spec.names.kind), { ...strict, properties, additionalProperties: false }]
    }),
  )
}
