import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { buildSchema, parse } from 'graphql'
import { queryCost } from './query-cost.ts'

const schema = buildSchema(`
  type Query { thing(id: ID!): Thing list(first: Int! = 20): Page! }
  type Page { nodes: [Thing!]! }
  type Thing { id: ID! name: String parts: [Thing!]! some(first: Int! = 20): [Thing!]! }
`)
const cost = (query: string, variables = {}) => queryCost(schema, parse(query), undefined, variables)

test.each([
  ['a field costs one', '{ thing(id: 1) { id name } }', 3],
  ['a list that can not be bounded counts ten times', '{ thing(id: 1) { parts { id } } }', 1 + 1 + 10 * 2],
  ['a list counts as often as "first" says', '{ thing(id: 1) { some(first: 3) { id } } }', 1 + 1 + 3 * 2],
  ['without "first" its default counts', '{ thing(id: 1) { some { id } } }', 1 + 1 + 20 * 2],
  ['the nodes of a page are counted once', '{ list(first: 3) { nodes { id } } }', 1 + 3 * (1 + 1 + 1)],
  ['lists in lists multiply', '{ list(first: 100) { nodes { some(first: 100) { id } } } }', 1 + 100 * (1 + 1 + 1 + 100 * 2)],
  ['a fragment costs what it holds', '{ thing(id: 1) { ...F } } fragment F on Thing { id name }', 3],
])('%s', (_guarantee, query, expected) => {
  expect(cost(query)).toBe(expected)
})

test('a bound in a variable counts', () => {
  expect(cost('query ($n: Int!) { thing(id: 1) { some(first: $n) { id } } }', { n: 50 })).toBe(1 + 1 + 50 * 2)
})

test('a negative bound earns nothing', () => {
  expect(cost('{ thing(id: 1) { some(first: -1000) { id } } }')).toBe(2)
})

test('what subscriptions show has the names and types that queries have', () => {
  const sdlOf = (path: string) => buildSchema(readFileSync(new URL(path, import.meta.url), 'utf8'), { assumeValidSDL: true })
  const [supergraph, subscriptions] = [sdlOf('../supergraph.graphql'), sdlOf('../../streaming/src/subscriptions/schema.graphql')]
  const roots = ['Query', 'Subscription']
  const own = Object.values(subscriptions.getTypeMap()).filter(({ name }) => !name.startsWith('__') && !roots.includes(name))
  expect(own.length).toBeGreaterThan(8)
  for (const type of own) {
    const same = supergraph.getType(type.name)
    expect([type.name, same?.constructor.name]).toEqual([type.name, type.constructor.name])
    if ('getFields' in type && same !== undefined && 'getFields' in same) {
      const shared = same.getFields()
      for (const field of Object.values(type.getFields())) {
        expect(`${type.name}.${field.name}: ${String(field.type)}`).toBe(`${type.name}.${field.name}: ${String(shared[field.name]?.type)}`)
      }
    }
    if ('getValues' in type && same !== undefined && 'getValues' in same) {
      expect(type.getValues().map(({ name }) => name)).toEqual(same.getValues().map(({ name }) => name))
    }
  }
})
