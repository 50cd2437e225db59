import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readRequestTarget } from './request-path.ts'

function pathOf(target: string) {
  const read = readRequestTarget(target)
  return read.ok ? read.path : `${read.status} ${read.problem}`
}

describe('a path is matched in the normal form of Kong 3.9', () => {
  test.each([
    ['/', '/'],
    ['/v1/events', '/v1/events'],
    ['/v1/events/', '/v1/events/'],
    ['/v1/events?limit=1&x=/../', '/v1/events'],
    ['//v1///events', '/v1/events'],
    ['/v1/events//', '/v1/events/'],
    ['/v1/./events', '/v1/events'],
    ['/v1/events/.', '/v1/events/'],
    ['/v1/events/..', '/v1/'],
    ['/v1/events/../alerts', '/v1/alerts'],
    ['/v1/events/%2e%2E/alerts', '/v1/alerts'],
    ['/v1/%61lerts', '/v1/alerts'],
    ['/v1/events/a%20b', '/v1/events/a b'],
    ['/v1/events/%c3%a9', '/v1/events/é'],
    ['/v1/events/a%2fb', '/v1/events/a%2Fb'],
    ['/v1/dead-letters%3aredrive', '/v1/dead-letters%3Aredrive'],
    ['/v1/events/%252e%252e', '/v1/events/%252e%252e'],
    ['http://edge:8080/v1/events', '/v1/events'],
  ])('%s is %s', (target, path) => expect(pathOf(target)).toBe(path))
})

describe('a path that can only be an accident or an attack is refused', () => {
  test.each([
    ['/..', 400],
    ['/v1/../../etc', 400],
    ['/%2e%2e/etc', 400],
    ['/v1/..%2f..%2fetc', 400],
    ['/v1/%00', 400],
    ['/v1/%zz', 400],
    ['/v1/%4', 400],
    ['*', 400],
    ['/v1/%ff', 404],
  ])('%s gets %i', (target, status) => expect(readRequestTarget(target)).toMatchObject({ ok: false, status }))
})

describe('what is sent on', () => {
  test('keeps the query to the byte and escapes the path again', () => {
    expect(readRequestTarget('/v1//events/a%20b%2Fc?q=%2e%2e//x')).toMatchObject({
      forward: '/v1/events/a%20b%2Fc?q=%2e%2e//x',
      written: '/v1//events/a%20b%2Fc',
    })
  })

  const piece = fc.oneof(
    fc.constantFrom('/', '.', '..', '%2e', '%2E', '%2f', '%2F', '%25', '%', '?', ':', 'v1', 'events'),
    fc.constantFrom('%61', '%20', '%c3%a9', '%ff', '%00', '"', '\\'),
    fc.string({ maxLength: 4, unit: 'binary-ascii' }),
  )
  const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`)

  test('is read by the service as the same path, whatever was written', () => {
    fc.assert(
      fc.property(target, (written) => {
        const once = readRequestTarget(written)
        if (!once.ok) return
        expect(once.forward.split('?')[0]).toMatch(/^\/[!-~]*$/)
        expect(readRequestTarget(once.forward)).toMatchObject({ ok: true, path: once.path, forward: once.forward })
      }),
      { numRuns: 2_000 },
    )
  })

  test('never has a dot segment or a doubled slash', () => {
    fc.assert(
      fc.property(target, (written) => {
        const read = readRequestTarget(written)
        if (!read.ok) return
        expect(read.path).not.toMatch(/\/\/|\/\.{1,2}(\/|$)/)
      }),
      { numRuns: 2_000 },
    )
  })
})
