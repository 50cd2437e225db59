import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { parseAllDocuments } from 'yaml'

/** Schemas by kind, read when one is first needed. */
export interface Schemas {
  /** What the schemas have against rendered text: an unknown kind or field is a fault like any other. */
  faultsOf(text: string): string[]
}

const definitionsFile = '_definitions.json'
const faultsToldMax = 5

/** @param folders of JSON schemas by file name, `deployment-apps-v1.json`; the first may hold definitions that its schemas share */
export function openSchemas(folders: readonly string[]): Schemas {
  // `anyOf` of number and text, and formats that are hints to generators, are no faults of ours.
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, logger: false })
  for (const folder of folders) {
    const shared = join(folder, definitionsFile)
    if (existsSync(shared)) ajv.addSchema(withoutDialect(shared), definitionsFile)
  }
  const known = new Map<string, ValidateFunction | undefined>()

  function schemaOf(file: string): ValidateFunction | undefined {
    if (!known.has(file)) {
      const found = folders.map((folder) => join(folder, file)).find((path) => existsSync(path))
      known.set(file, found === undefined ? undefined : ajv.compile(withoutDialect(found)))
    }
    return known.get(file)
  }

  return {
    faultsOf: (text) =>
      parseAllDocuments(text).flatMap((document) => {
        if (document.errors.length > 0) return document.errors.map(({ message }) => message.split('\n')[0] ?? message)
        const content = document.toJS() as { apiVersion?: string; kind?: string; metadata?: { name?: string } } | null
        if (content === null) return []
        const title = `${content.kind ?? 'something without a kind'} ${content.metadata?.name ?? ''}`.trim()
        const valid = schemaOf(schemaFileOf(content.kind ?? '', content.apiVersion ?? ''))
        if (valid === undefined) return [`${title}: there is no kind ${content.kind} in ${content.apiVersion}`]
        return valid(content) ? [] : describe(valid.errors ?? []).map((fault) => `${title}: ${fault}`)
      }),
  }
}

/** `Deployment` of `apps/v1` → `deployment-apps-v1.json`; `Service` of `v1` → `service-v1.json`. */
export function schemaFileOf(kind: string, apiVersion: string): string {
  const [group = '', version] = apiVersion.split('/')
  return `${kind}-${version === undefined ? group : `${group.split('.')[0]}-${version}`}.json`.toLowerCase()
}

function withoutDialect(path: string): object {
  const { $schema: _dialect, ...schema } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  return schema
}

/** The errors of the branches of an `anyOf` say less than the error that none fits. */
function describe(errors: readonly ErrorObject[]): string[] {
  const told = errors.map(({ instancePath, message, params }) => {
    const { additionalProperty } = params as { additionalProperty?: string }
    const place = instancePath.slice(1).replaceAll('/', '.') || 'the object'
    return additionalProperty === undefined ? `${place} ${message}` : `${place} has no field ${additionalProperty}`
  })
  return [...new Set(told)].slice(0, faultsToldMax)
}
