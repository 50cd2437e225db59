import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { checkSafeJson, jsonLimits, parseSafeJson } from './safe-json.ts'

function problemOf(input: Buffer | string): { field: string; problem: string } {
  const parsed = parseSafeJson(input)
  if (parsed.ok) throw new Error('was taken')
  return parsed.problems[0] ?? { field: '', problem: '' }
}

test('no bytes whatsoever make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const parsed = parseSafeJson(Buffer.from(bytes))
      expect(parsed.ok || parsed.problems.length > 0).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

test('no text whatsoever makes it throw, and its problems never hold NUL or lone surrogates themselves', () => {
  const nasty = fc.string({
    unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'u', 'd800', '0', 'null', '\0', '\ud800', 'é', '__proto__'),
  })
  fc.assert(
    fc.property(fc.oneof(nasty, fc.json(), fc.string({ unit: 'binary' })), (text) => {
      const parsed = parseSafeJson(text)
      const said = parsed.ok ? '' : JSON.stringify(parsed.problems)
      expect(said.includes('\\u0000') || said.includes('\\ud8')).toBe(false)
    }),
    { numRuns: 2_000 },
  )
})

test('ordinary JSON comes back as JSON.parse reads it', () => {
  const ordinary = fc.jsonValue({ maxDepth: 5, noUnicodeString: false }).filter((value) => !/__proto__|\\u/.test(JSON.stringify(value)))
  fc.assert(
    fc.property(ordinary, (value) => {
      const text = JSON.stringify(value)
      expect(parseSafeJson(Buffer.from(text))).toEqual({ ok: true, value: JSON.parse(text) })
    }),
  )
})

test.each([
  ['arrays', '['.repeat(100_000) + ']'.repeat(100_000)],
  ['objects', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
])('100,000 nested %s are refused without exhausting the stack', (_kind, text) => {
  expect(problemOf(text)).toMatchObject({ problem: expect.stringContaining('nested deeper than 32 levels') })
})

test('the deepest structure allowed is taken and one level more is not', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  expect(parseSafeJson(nested(jsonLimits.depthMax)).ok).toBe(true)
  expect(parseSafeJson(nested(jsonLimits.depthMax + 1)).ok).toBe(false)
})

test('more than 20,000 values are refused', () => {
  expect(parseSafeJson(JSON.stringify(Array(jsonLimits.nodesMax - 1).fill(0))).ok).toBe(true)
  expect(problemOf(JSON.stringify(Array(jsonLimits.nodesMax).fill(0))).problem).toBe('has more than 20000 values')
})

test.each([
  ['NUL in a value', '{"data":{"title":"a\\u0000b"}}', 'data.title', 'NUL'],
  ['NUL in a key', '{"data":{"ti\\u0000tle":1}}', 'data', 'has a key that contains a NUL'],
  ['an escaped lone high surrogate', '{"data":{"title":"\\ud800"}}', 'data.title', 'lone surrogate'],
  ['an escaped lone low surrogate', '{"a":["x","\\udfff"]}', 'a.1', 'lone surrogate'],
  ['a lone surrogate in a key', '{"a":{"\\ud800":1}}', 'a', 'has a key that contains a lone surrogate'],
  ['a lone surrogate at the top', '"\\ud800"', '(body)', 'lone surrogate'],
  ['__proto__', '{"data":{"__proto__":{"admin":true}}}', 'data.__proto__', 'not an allowed key'],
  ['__proto__, escaped', '{"\\u005f_proto__":1}', '__proto__', 'not an allowed key'],
])('%s is refused by name of its field', (_what, text, field, problem) => {
  expect(problemOf(text)).toEqual({ field, problem: expect.stringContaining(problem) })
})

test('a proper surrogate pair, escaped or not, is a character like any other', () => {
  expect(parseSafeJson('{"title":"\\ud83d\\ude00 😀"}')).toEqual({ ok: true, value: { title: '😀 😀' } })
})

test.each([
  ['a stray continuation byte', [0x22, 0x80, 0x22]],
  ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
  ['a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ['a character cut in half', [0x22, 0xc3]],
])('%s is named as invalid UTF-8', (_what, bytes) => {
  expect(problemOf(Buffer.from(bytes))).toEqual({ field: '(body)', problem: 'is not valid UTF-8' })
})

test('the message on malformed JSON says where, and quotes nothing of the input', () => {
  const { problem } = problemOf('{"username":"ada@example.org" oops}')
  expect(problem).toMatch(/^is not JSON: unexpected character/)
  expect(problem).not.toMatch(/ada|oops/)
  expect(problemOf('').problem).toMatch(/^is not JSON/)
})

test('a hostile key of a megabyte does not travel into the problem', () => {
  expect(problemOf(JSON.stringify({ ['k'.repeat(1_000_000)]: '\0' })).field).toHaveLength(200)
})

test('checking a value changes nothing of it', () => {
  const value = { a: [1, { b: 'c' }] }
  expect(checkSafeJson(value)).toEqual({ ok: true, value })
  expect(value).toEqual({ a: [1, { b: 'c' }] })
})
