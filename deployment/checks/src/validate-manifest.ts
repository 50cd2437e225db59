import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { finding, type Finding, type Manifest } from './manifest.ts'
import { kindKey, schemasOfCustomResource, schemasOfKubernetes, type Schema } from './strict-schema.ts'

/** The published schemas everything is held against. */
export interface PublishedSchemas {
  /** OpenAPI document (v2) of Kubernetes. */
  readonly kubernetes: Schema
  readonly customResources: readonly Schema[]
}

export type ValidateManifest = (manifest: Manifest) => readonly Finding[]

/** A validator of every kind in the schemas. A kind that isn't there is a finding: nothing passes unseen. */
export function createValidator({ kubernetes, customResources }: PublishedSchemas): ValidateManifest {
  const { definitions, kinds } = schemasOfKubernetes(kubernetes)
  const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false, strictTypes: false, allowUnionTypes: true, formats: numberFormats })
  ajv.addSchema({ $id: 'kubernetes', definitions })
  const metadata = { $ref: 'kubernetes#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }
  const custom = Object.assign({}, ...customResources.map((each) => schemasOfCustomResource(each, metadata))) as Record<string, Schema>
  const compiled = new Map<string, ValidateFunction>()

  const validatorOf = (key: string): ValidateFunction | undefined => {
    const own = kinds[key]
    const schema = own === undefined ? custom[key] : { $ref: `kubernetes#/definitions/${own}` }
    if (schema === undefined) return undefined
    const validate = compiled.get(key) ?? ajv.compile(schema)
    compiled.set(key, validate)
    return validate
  }

  return (manifest) => {
    const validate = validatorOf(kindKey(manifest.apiVersion, manifest.kind))
    if (validate === undefined) return [finding(manifest, '', `there is no kind ${manifest.kind} in ${manifest.apiVersion}`)]
    if (validate(manifest.object)) return []
    return (validate.errors ?? []).map((error) => finding(manifest, error.instancePath, reasonOf(error)))
  }
}

const anyText = () => true
const integerOf = (bits: number) => ({ type: 'number' as const, validate: (value: number) => Number.isInteger(value) && Math.abs(value) <= 2 ** (bits - 1) })
const numberFormats = {
  int32: integerOf(32),
  int64: integerOf(64),
  uint32: { type: 'number' as const, validate: (value: number) => Number.isInteger(value) && value >= 0 && value < 2 ** 32 },
  double: { type: 'number' as const, validate: Number.isFinite },
  float: { type: 'number' as const, validate: Number.isFinite },
  byte: /^[A-Za-z0-9+/]*={0,2}$/,
  'date-time': (text: string) => !Number.isNaN(Date.parse(text)),
  // Texts that the API server itself doesn't hold against these formats.
  duration: anyText,
  uri: anyText,
  'uint-string': anyText,
  string: anyText,
  binary: anyText,
}

function reasonOf({ keyword, message = 'is wrong', params }: ErrorObject): string {
  if (keyword === 'additionalProperties') return `has no field '${String(params['additionalProperty'])}'`
  if (keyword === 'enum') return `${message}: ${(params['allowedValues'] as unknown[]).join(', ')}`
  return message
}
