import { stringify } from 'yaml'
import { describeAsyncApi } from './describe-asyncapi.ts'
import { describeContract, describeViewerEvents, privacyFields, schemaDocument } from './describe-json-schema.ts'
import { describeOpenApi } from './describe-openapi.ts'
import { eventContracts } from './topics.ts'

const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
const notice = '# Generated from the contracts; change those, then run: node libs/contracts/src/generate.ts\n'
const asYaml = (value: unknown): string => notice + stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 })

/** Every file that is generated from the contracts: text by path below `generated/`. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const events = [...eventContracts.map((contract) => describeContract(contract)), ...describeViewerEvents()]
  return new Map([
    ...events.map((event) => [`schemas/${event.type}.json`, asJson(schemaDocument(event))] as const),
    ['asyncapi.yaml', asYaml(describeAsyncApi())],
    ['openapi.yaml', asYaml(describeOpenApi())],
    ['privacy-fields.json', asJson(privacyFields())],
  ])
}

/** Paths whose text differs from what the contracts say, that are absent, or that nothing generates any more; sorted. */
export function driftedFiles(generated: ReadonlyMap<string, string>, committed: ReadonlyMap<string, string>): string[] {
  return [...new Set([...generated.keys(), ...committed.keys()])].filter((path) => generated.get(path) !== committed.get(path)).sort()
}
