import { expect, test } from '@jest/globals'
import { problemTitles } from '@ott/contracts/problem-titles'
import { Problem, unavailable } from './problem.ts'

test('codes and titles stay as clients know them', () => {
  expect(Object.keys(problemTitles).sort()).toEqual([
    'attack-detected',
    'busy',
    'conflict',
    'forbidden',
    'internal',
    'invalid-event',
    'invalid-request',
    'invalid-rules',
    'no-evidence',
    'not-approved',
    'not-found',
    'precondition-failed',
    'precondition-required',
    'self-approval',
    'too-large',
    'unauthenticated',
    'unavailable',
    'unsupported-media-type',
    'validates-worse',
  ])
})

test('a problem has the members of RFC 9457, its code and the fields that are wrong', () => {
  const problem = new Problem(400, 'invalid-event', 'time: is wrong', {
    errors: [{ field: 'time', problem: 'is wrong' }],
    extra: { results: [] },
  })
  expect(JSON.parse(JSON.stringify(problem))).toEqual({
    type: 'urn:ott:problem:invalid-event',
    title: 'No event was accepted',
    status: 400,
    code: 'invalid-event',
    detail: 'time: is wrong',
    errors: [{ field: 'time', problem: 'is wrong' }],
    results: [],
  })
})

test('what is unavailable says when to try again', () => {
  expect(unavailable('the broker is away')).toMatchObject({ status: 503, code: 'unavailable', retryAfterSeconds: 1 })
})
