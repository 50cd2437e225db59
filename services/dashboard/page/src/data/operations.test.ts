import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { buildSchema, parse, validate } from 'graphql'
import { queries, subscriptions } from './operations.ts'

const schemaIn = (file: string) => buildSchema(readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8'))
const composed = schemaIn('router/supergraph.graphql')
const live = schemaIn('streaming/src/subscriptions/schema.graphql')

const problemsOf = (schema: typeof composed, text: string) => validate(schema, parse(text)).map(({ message }) => message)

test.each(Object.entries(queries))('%s is an operation of the composed schema', (_name, { text }) => {
  expect(problemsOf(composed, text)).toEqual([])
})

test.each(Object.entries(subscriptions))('%s is a subscription that streaming knows', (_name, { text }) => {
  expect(problemsOf(live, text)).toEqual([])
})

test('an operation that asks for what is not there is told from one that is right', () => {
  expect(problemsOf(composed, '{ tenant { shoeSize } }')).toEqual([expect.stringContaining('shoeSize')])
})
