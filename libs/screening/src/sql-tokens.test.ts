import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sqlTokens } from './sql-tokens.ts'

test.each([
  ["' or 1=1 --", "'", 's&1=1C'],
  ["1' and 'a'='a", "'", 's&s=s'],
  ['1 union all select null,version()', '', '1UaSc,h()'],
  ['1or 1=1', '', '1&1=1'],
  ['un/*x*/ion', '', 'nn'],
  ['1/*!50000union*/select', '', '1US'],
  ["it''s' or 1", "'", 's&1'],
  ["a\\' or 'b", "'", 's' + 'n'],
  ['the boys -- a long story follows here', '', 'nnk'],
  ['@@version @x', '', 'Vv'],
] as const)('%s inside %j reads %s', (text, context, tokens) => {
  expect(sqlTokens(text, context)).toBe(tokens)
})

test('any text is read to its end, in any context', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', "'", '"'), (text, context) => {
      expect(sqlTokens(text, context as '').length).toBeLessThanOrEqual(text.length + 1)
    }),
  )
})
