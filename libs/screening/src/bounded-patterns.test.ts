import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

/**
 * A pattern that repeats without bound, and may begin anywhere, takes time that grows with the square of the text or worse. So every
 * repetition has a bound. These few may do without: they begin at a fixed place, or take what they matched out of the text.
 */
const unboundedOnPurpose = ['^[\\p{L}\\p{N} _.,:!?@+-]*$', '0x2f|0x5c|\\\\+']

function patternsOf(source: string): string[] {
  const literals = [...source.matchAll(/(?:[=(,[|&!:?]|return|^)\s*\/((?:[^/\\\n[*]|\\.|\[(?:[^\]\\\n]|\\.)*\])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])*)\/[dgimsuvy]*/gm)].map(([, body = '']) => body)
  const raw = [...source.matchAll(/String\.raw`([^`]*)`/g)].map(([, body = '']) => body)
  const built = [...source.matchAll(/new RegExp\(\s*`((?:[^`\\]|\\.)*)`/g)].map(([, body = '']) => body.replace(/\\\\/g, '\\'))
  return [...literals, ...raw, ...built]
}

/** The pattern without classes and escapes, so that what is left of `*` and `+` repeats something. */
const skeleton = (pattern: string) => pattern.replace(/\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\./g, 'e').replace(/\[[^\]]*\]/g, 'c').replace(/\$\{[^}]*\}/g, 'e')

test('every repetition in every pattern has a bound', () => {
  const folder = new URL('./', import.meta.url)
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !/\.test\.|-fixture\./.test(name))
  const patterns = files.flatMap((name) => patternsOf(readFileSync(new URL(name, folder), 'utf8')).map((pattern) => ({ name, pattern })))
  expect(patterns.length).toBeGreaterThan(150)
  for (const name of ['detect-cmdi.ts', 'detect-ssti.ts', 'detect-sqli.ts']) expect(patterns.some((found) => found.name === name)).toBe(true)
  expect(patterns.filter(({ pattern }) => /[^\s(|][*+]|\{\d+,\}/.test(skeleton(pattern)) && !unboundedOnPurpose.includes(pattern))).toEqual([])
})
