import { expect, test } from '@jest/globals'
import { aScored } from '../test/scored-fixture.ts'
import { causesOf } from './cause.ts'

const rulesOf = (parts: Parameters<typeof aScored>[1], threshold = 0.7) => causesOf(aScored('e-1', parts).event, threshold).map(({ rule }) => rule)

test('every finding is a cause, whatever the risk', () => {
  expect(rulesOf({ rules: ['r1', 'r2'] })).toEqual(['r1', 'r2'])
})

test.each([
  ['below', 0.69, []],
  ['at', 0.7, ['risk.brute-force']],
])('risk %s the threshold gives %j as causes', (_where, score, rules) => {
  expect(rulesOf({ factors: { signInFailures: score } })).toEqual(rules)
})

test("the tenant's own threshold counts", () => {
  expect(rulesOf({ factors: { errorRate: 0.5 } }, 0.5)).toEqual(['risk.error-rate'])
})

test('a factor with a third of the score is a cause beside the leading one; a lesser one is not', () => {
  expect(rulesOf({ factors: { signInFailures: 0.5, impossibleTravel: 0.3, dataAccess: 0.1 } })).toEqual(['risk.brute-force', 'risk.impossible-travel'])
})

test('the leading factor is a cause even when many share the score', () => {
  const factors = { consentChanges: 0.13, pastViolations: 0.13, dataAccess: 0.13, signInFailures: 0.14, impossibleTravel: 0.13, errorRate: 0.13 }
  expect(rulesOf({ factors })).toEqual(['risk.brute-force'])
})

test('a threshold of zero does not make a cause of a viewer without any risk', () => {
  expect(rulesOf({}, 0)).toEqual([])
})

test('a risk cause tells the score, the factor and what was measured', () => {
  const [cause] = causesOf(aScored('e-1', { factors: { signInFailures: 0.95 } }).event, 0.7)
  expect(cause).toMatchObject({ regulation: 'risk', citation: 'GDPR Art. 32(1)', severity: 'critical', values: { score: 0.95, factor: 'signInFailures', value: 9.5, contribution: 0.95 } })
})

test.each([
  ['leads', { signInFailures: 0.1 }, 0.7, ['risk.unusual-sequence']],
  ['has a third beside the leading factor', { signInFailures: 0.5 }, 0.3, ['risk.brute-force', 'risk.unusual-sequence']],
  ['has less', { signInFailures: 0.6 }, 0.2, ['risk.brute-force']],
  ['is all there is', {}, 0.8, ['risk.unusual-sequence']],
  ['has as much as the leading factor', { signInFailures: 0.4 }, 0.4, ['risk.brute-force', 'risk.unusual-sequence']],
])('a sequence of events that %s is a cause by the same measure', (_how, factors, contribution, rules) => {
  expect(rulesOf({ factors, context: { score: 0.9, contribution } })).toEqual(rules)
})
