import { expect, test } from '@jest/globals'
import { createCors } from './cors.ts'
import { aPassage } from './passage-fixture.ts'

const plugin = createCors({
  origins: ['*'],
  methods: ['GET', 'POST'],
  headers: ['X-API-Key', 'Content-Type'],
  exposed_headers: ['Retry-After', 'X-Request-ID'],
  max_age: 60,
  credentials: false,
  preflight_continue: false,
})
const preflight = { origin: 'https://page.example', 'access-control-request-method': 'POST' }

test('a preflight is answered with what pages may do, and goes no further', () => {
  const passage = aPassage(preflight, { method: 'OPTIONS' })
  expect(plugin.access(passage)).toEqual({ status: 200 })
  expect(passage.answerHeaders).toEqual({
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'X-API-Key,Content-Type',
    'access-control-allow-methods': 'GET,POST',
    'access-control-max-age': '60',
  })
})

test.each([
  ['no OPTIONS', preflight, 'GET'],
  ['without an origin', { 'access-control-request-method': 'POST' }, 'OPTIONS'],
  ['without a method', { origin: 'https://page.example' }, 'OPTIONS'],
])('what is no preflight (%s) passes, and its answer may be read by any page, without cookies', (_what, headers, method) => {
  const passage = aPassage(headers, { method })
  expect(plugin.access(passage)).toBeUndefined()
  const readable = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'Retry-After,X-Request-ID' }
  expect(passage.answerHeaders).toEqual(readable)
})
