import { expect, test } from '@jest/globals'
import { compilePathRegex, isPortablePathRegex } from './portable-path-regex.ts'

test.each([
  '/v1/events$',
  '/v1/events/[^/]+$',
  '/v1/dead-letters:redrive$',
  '/v[0-9]{1,2}/(?:a|b)$',
  '/a/(?<id>[A-Z0-9-]+)(/b)?$',
  '/a\\.json$',
])('%s is accepted, since both engines read it alike', (pattern) => expect(isPortablePathRegex(pattern)).toBe(true))

test.each([
  ['/v1/.*', 'the dot differs on line ends'],
  ['/v1/\\d+$', 'digits are Unicode in Rust'],
  ['/v1/\\w+$', 'words are Unicode in Rust'],
  ['/v1/(?!x)', 'Rust has no look-around'],
  ['/v1/(a)\\1', 'Rust has no back-references'],
  ['/v1/(?i)a', 'flags'],
  ['/v1/[a--b]', 'subtracts in Rust'],
  ['/v1/[[:alpha:]]', 'a class within a class'],
  ['/v1/([a-z]+)+$', 'a repeated group can take exponential time'],
  ['/v1/{id}', 'a template, not a regex'],
  ['/v1/(a', 'unbalanced'],
  ['/v1/[z-a]', 'an empty range'],
])('%s is refused: %s', (pattern) => expect(isPortablePathRegex(pattern)).toBe(false))

test('a regex is anchored at the start and not at the end, as Kong does it', () => {
  expect(compilePathRegex('/v1/a').test('/v1/abc')).toBe(true)
  expect(compilePathRegex('/v1/a').test('/x/v1/a')).toBe(false)
  expect(compilePathRegex('/v1/a$').test('/v1/a\n')).toBe(false)
})
