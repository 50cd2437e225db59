import { expect, test } from '@jest/globals'
import { readManifests } from './manifest.ts'
import { createValidator } from './validate-manifest.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
const kubernetes = {
  definitions: {
    [meta]: { type: 'object', properties: { name: { type: 'string' }, labels: { type: 'object', additionalProperties: { type: 'string' } } } },
    'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: 'string' },
    Shelf: {
      type: 'object',
      required: ['spec'],
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { $ref: `#/definitions/${meta}` },
        spec: {
          type: 'object',
          properties: {
            boards: { type: 'integer', format: 'int32' },
            port: { type: 'string', format: 'int-or-string' },
            weight: { $ref: '#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity' },
          },
        },
      },
      'x-kubernetes-group-version-kind': [{ group: 'home', version: 'v1', kind: 'Shelf' }],
    },
  },
}
const route = {
  type: 'object',
  properties: { exact: { type: 'string' }, prefix: { type: 'string' }, mode: { type: 'string', pattern: '^(?i)(on|off)$' } },
  oneOf: [{ required: ['exact'], properties: { exact: {} } }, { required: ['prefix'] }],
}
const customResources = [{ spec: { group: 'mesh', names: { kind: 'Route' }, versions: [{ name: 'v1', schema: { openAPIV3Schema: { type: 'object', properties: { metadata: { type: 'object' }, spec: route } } } }] } }]
const validate = createValidator({ kubernetes, customResources })

function reasonsOf(text: string): string[] {
  const { manifests, findings } = readManifests(text)
  return [...findings, ...manifests.flatMap(validate)].map(({ manifest, path, reason }) => `${manifest} ${path}: ${reason}`)
}

const shelf = (spec: string, metadata = 'name: a') => `apiVersion: home/v1\nkind: Shelf\nmetadata: { ${metadata} }\nspec: ${spec}`
const mesh = (spec: string) => `apiVersion: mesh/v1\nkind: Route\nmetadata: { name: a }\nspec: ${spec}`

test('what the schema declares passes, also numbers or texts where either may be', () => {
  expect(reasonsOf(shelf('{ boards: 3, port: 80, weight: 1500m }'))).toEqual([])
  expect(reasonsOf(shelf('{ port: http, weight: 2 }'))).toEqual([])
})

test('a misspelled field is named with the object and the place', () => {
  expect(reasonsOf(shelf('{ bords: 3 }'))).toEqual(["Shelf/a /spec: has no field 'bords'"])
  expect(reasonsOf(shelf('{}', 'name: a, lables: {}'))).toEqual(["Shelf/a /metadata: has no field 'lables'"])
})

test('a wrong type, a wrong quantity and a missing field are found', () => {
  expect(reasonsOf(shelf("{ boards: '3' }"))).toEqual(['Shelf/a /spec/boards: must be integer'])
  expect(reasonsOf(shelf('{ weight: 10mm }'))).toEqual([expect.stringContaining('Shelf/a /spec/weight: must match pattern')])
  expect(reasonsOf('apiVersion: home/v1\nkind: Shelf\nmetadata: { name: a }')).toEqual(["Shelf/a : must have required property 'spec'"])
  expect(reasonsOf(shelf('{ }', 'name: a, labels: { size: 3 }'))).toEqual(['Shelf/a /metadata/labels/size: must be string'])
})

test('custom resources are as strict, their conditions hold, and their metadata is that of Kubernetes', () => {
  expect(reasonsOf(mesh('{ exact: x, mode: ON }'))).toEqual([])
  expect(reasonsOf(mesh('{ exact: x, modus: on }'))).toEqual(["Route/a /spec: has no field 'modus'"])
  expect(reasonsOf(mesh('{ exact: x, prefix: y }'))).toEqual(['Route/a /spec: must match exactly one schema in oneOf'])
  expect(reasonsOf(mesh('{ exact: x, mode: perhaps }'))).toEqual([expect.stringContaining('must match pattern')])
})

test('a kind without a schema never passes', () => {
  expect(reasonsOf('apiVersion: home/v2\nkind: Shelf\nmetadata: { name: a }')).toEqual(['Shelf/a : there is no kind Shelf in home/v2'])
})

test('broken YAML, a key that is there twice and two objects of one name are found', () => {
  expect(reasonsOf('a: b: c')).toHaveLength(1)
  expect(reasonsOf(shelf('{ boards: 1, boards: 2 }'))).toEqual([expect.stringContaining('Map keys must be unique')])
  expect(reasonsOf(`${shelf('{}')}\n---\n${shelf('{}')}`)).toEqual(['Shelf/a : is there twice'])
})
