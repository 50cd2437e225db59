import { expect, test } from '@jest/globals'
import { parseMatchers } from './matcher.ts'
import { silencedBy, silenceProblem, silenceState } from './silence.ts'

const silence = { id: 's', matchers: parseMatchers('a="1",b=~"x.*"'), startsAtMs: 100, endsAtMs: 200 }

test('a silence is active from its start until before its end', () => {
  expect([99, 100, 199, 200].map((nowMs) => silenceState(silence, nowMs))).toEqual(['pending', 'active', 'active', 'expired'])
})

test('it mutes what all of its matchers match, while it is active', () => {
  expect(silencedBy([silence], { a: '1', b: 'xy' }, 150)).toBe(silence)
  expect(silencedBy([silence], { a: '1', b: 'y' }, 150)).toBeUndefined()
  expect(silencedBy([silence], { a: '1', b: 'xy' }, 99)).toBeUndefined()
  expect(silencedBy([silence], { a: '1', b: 'xy' }, 200)).toBeUndefined()
})

test('it needs a matcher that needs a label, and an end after its start', () => {
  expect(silenceProblem(silence)).toBeUndefined()
  expect(silenceProblem({ ...silence, matchers: [] })).toMatch('matchers')
  expect(silenceProblem({ ...silence, matchers: parseMatchers('a=~".*",b!="c"') })).toMatch('empty string')
  expect(silenceProblem({ ...silence, matchers: parseMatchers('a=~".*",b="c"') })).toBeUndefined()
  expect(silenceProblem({ ...silence, endsAtMs: 100 })).toMatch('endsAt')
})
