import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { crdSchemas } from './crd-schemas.ts'
import { openSchemas, schemaFileOf } from './validate-schemas.ts'

const crd = `
kind: CustomResourceDefinition
spec:
  group: shelves.example.com
  names: { kind: Shelf }
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                width: { type: integer }
                free: { type: object, x-kubernetes-preserve-unknown-fields: true, properties: { a: { type: string } } }
                kind: { type: string, pattern: '(?i)oak' }
              oneOf: [{ required: [width] }, { required: [free] }]
`
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ott-schemas-'))
  for (const [file, schema] of crdSchemas(crd)) await writeFile(join(folder, file), JSON.stringify(schema))
  await writeFile(join(folder, '_definitions.json'), JSON.stringify({ definitions: { port: { type: 'integer' } } }))
  const service = { $schema: 'http://json-schema.org/schema#', type: 'object', properties: { port: { $ref: '_definitions.json#/definitions/port' } } }
  await writeFile(join(folder, 'service-v1.json'), JSON.stringify(service))
})
afterAll(() => rm(folder, { recursive: true }))

const shelf = (spec: string) => openSchemas([folder]).faultsOf(`apiVersion: shelves.example.com/v1\nkind: Shelf\nmetadata: { name: s }\nspec: ${spec}`)

test.each([
  ['Deployment', 'apps/v1', 'deployment-apps-v1.json'],
  ['Service', 'v1', 'service-v1.json'],
  ['VirtualService', 'networking.istio.io/v1', 'virtualservice-networking-v1.json'],
])('the schema of a %s of %s is in %s', (kind, apiVersion, file) => {
  expect(schemaFileOf(kind, apiVersion)).toBe(file)
})

test('what fits its schema has no fault, whatever its patterns are written for', () => {
  expect(shelf('{ width: 3, kind: Oak }')).toEqual([])
})

test.each([
  ['{ widht: 3, width: 3 }', 'Shelf s: spec has no field widht'],
  ['{ width: wide }', 'Shelf s: spec.width must be integer'],
  ['{ width: 3, free: {} }', 'Shelf s: spec must match exactly one schema in oneOf'],
])('%s is refused', (spec, fault) => {
  expect(shelf(spec)).toContain(fault)
})

test('a field that keeps what it does not know may hold it', () => {
  expect(shelf('{ free: { anything: 1 } }')).toEqual([])
})

test('definitions that schemas share are found', () => {
  expect(openSchemas([folder]).faultsOf('apiVersion: v1\nkind: Service\nmetadata: { name: s }\nport: x')).toEqual(['Service s: port must be integer'])
})

test('an unknown kind is a fault, and so is text that is no YAML', () => {
  expect(openSchemas([folder]).faultsOf('apiVersion: v1\nkind: Shlef\nmetadata: { name: s }')).toEqual(['Shlef s: there is no kind Shlef in v1'])
  expect(openSchemas([folder]).faultsOf('a: [')).toHaveLength(1)
})
