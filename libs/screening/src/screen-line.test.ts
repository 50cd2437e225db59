import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { screenLine } from './screen-line.ts'

test('a line keeps its fields to the letter and in their order, the hits behind them', () => {
  expect(screenLine('{"text":"O\'Brien", "id":12345678901234567890,"9":1,"1":2}')).toEqual({ ok: true, line: '{"text":"O\'Brien", "id":12345678901234567890,"9":1,"1":2,"hits":[]}' })
  expect(screenLine(' {"a":{"text":1},"text":"1 or 1=1" } ')).toEqual({ ok: true, line: '{"a":{"text":1},"text":"1 or 1=1","hits":["sqli"]}' })
})

test('hits that a line brings are replaced', () => {
  expect(screenLine('{"hits":["xss"],"text":"a"}')).toEqual({ ok: true, line: '{"hits":[],"text":"a"}' })
})

test.each([
  ['{"text":"a"', 'is not JSON'],
  ['[{"text":"a"}]', 'is not an object'],
  ['null', 'is not an object'],
  ['{}', 'has no "text", or one that is not a string'],
  ['{"text":7}', 'has no "text", or one that is not a string'],
])('%s is told to be wrong', (line, problem) => {
  expect(screenLine(line)).toEqual({ ok: false, problem })
})

test('any object with a text comes back as it was, with its hits', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string({ unit: 'binary' }), (fields, text) => {
      const given = { ...fields, text, hits: undefined }
      const screened = screenLine(JSON.stringify(given))
      if (!screened.ok) throw new Error(screened.problem)
      const { hits, ...rest } = JSON.parse(screened.line) as Record<string, unknown>
      expect(Array.isArray(hits)).toBe(true)
      expect(rest).toEqual(JSON.parse(JSON.stringify(given)))
    }),
  )
})
