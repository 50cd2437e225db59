import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { screenEvent, screeningLimits } from './screen-event.ts'

const attack = '<script>alert(1)</script>'

test('every string is screened, keys included, and each finding says where', () => {
  expect(screenEvent({ id: 'e-1', data: { tags: ['ok', attack], "x' or 1=1 --": { n: 1 }, deep: { title: "1' or '1'='1" } } })).toEqual([
    { path: 'data.tags.1', classes: ['xss'], excerpt: '[U+003C]script[U+003E]alert(1)[U+003C]/script[U+003E]' },
    { path: 'data.x[U+0027] or 1=1 --(key)', classes: ['sqli'], excerpt: 'x[U+0027] or 1=1 --' },
    { path: 'data.deep.title', classes: ['sqli'], excerpt: '1[U+0027] or [U+0027]1[U+0027]=[U+0027]1' },
  ])
})

test.each([attack, { $where: 1 }, [[attack]], JSON.parse('{"__proto__": "<script>alert(1)</script>"}')])('an attack is found in %j, whatever holds it', (value) => {
  expect(screenEvent(value)).toHaveLength(1)
})

test.each([null, undefined, 7, true, {}, [], 'O\'Brien', { title: '1 or 2 episodes', query: 'C++ <3' }])('%j carries none', (value) => {
  expect(screenEvent(value)).toEqual([])
})

test('depth exhausts nothing: an attack a hundred thousand levels down is found, its path cut', () => {
  let value: unknown = attack
  for (let level = 0; level < 100_000; level++) value = [value]
  const [finding] = screenEvent(value)
  expect(finding?.classes).toEqual(['xss'])
  expect(finding?.path.length).toBeLessThanOrEqual(screeningLimits.pathLengthMax + 1)
})

test('findings are so many at most, in the order of the text', () => {
  const findings = screenEvent(Array.from({ length: 100 }, () => attack))
  expect(findings.map(({ path }) => path)).toEqual(Array.from({ length: screeningLimits.findingsMax }, (_, index) => String(index)))
})

test('of any event nothing is kept that acts where it is shown', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary', maxLength: 60 }), (value, text) => {
      for (const { path, excerpt } of screenEvent({ [`${text}${attack}`]: value, value: `${attack}${text}` })) {
        expect(path + excerpt).not.toMatch(/[<>&"'`${}\\\p{Cc}\p{Cs}]/u)
        expect(path.length).toBeLessThanOrEqual(screeningLimits.pathLengthMax + 1)
        expect(excerpt.length).toBeLessThanOrEqual(screeningLimits.excerptLengthMax + 1)
      }
    }),
  )
})
