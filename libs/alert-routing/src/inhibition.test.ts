import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anAlert } from './alert-fixture.ts'
import { inhibitedBy } from './inhibition.ts'
import { labelOf, matchesAll, parseMatchers } from './matcher.ts'

const rule = { name: undefined, source: parseMatchers('severity=critical'), target: parseMatchers('severity=~"warning|info"'), equal: ['zone', 'cluster'] }
const critical = anAlert({ id: 'critical', labels: { severity: 'critical', zone: 'eu' } })

test('an alert is muted while a source fires that equals it in the labels named, absent and empty ones being equal', () => {
  expect(inhibitedBy([rule], anAlert({ labels: { severity: 'warning', zone: 'eu', cluster: '' } }), [critical])).toBe(critical)
  expect(inhibitedBy([rule], anAlert({ labels: { severity: 'warning', zone: 'us' } }), [critical])).toBeUndefined()
  expect(inhibitedBy([rule], anAlert({ labels: { severity: 'warning', zone: 'eu', cluster: 'a' } }), [critical])).toBeUndefined()
})

test('what the target does not match is not muted, and nothing is without a source', () => {
  expect(inhibitedBy([rule], anAlert({ labels: { severity: 'none', zone: 'eu' } }), [critical])).toBeUndefined()
  expect(inhibitedBy([rule], anAlert({ labels: { severity: 'warning', zone: 'eu' } }), [anAlert({ labels: { severity: 'info', zone: 'eu' } })])).toBeUndefined()
})

test('alerts that match both sides never mute themselves or one another, yet one that matches the source alone does', () => {
  const both = { name: undefined, source: parseMatchers('a=~".+"'), target: parseMatchers('b=~".+"'), equal: [] }
  const one = anAlert({ id: 'one', labels: { a: '1', b: '1' } })
  const two = anAlert({ id: 'two', labels: { a: '2', b: '2' } })
  const source = anAlert({ id: 'source', labels: { a: '3' } })
  expect(inhibitedBy([both], one, [one, two])).toBeUndefined()
  expect(inhibitedBy([both], one, [one, two, source])).toBe(source)
  expect(inhibitedBy([both], anAlert({ labels: { b: '9' } }), [one])).toBe(one)
})

test('whatever the labels are, an alert is muted just where a source is found by asking each', () => {
  const labels = fc.record({ a: fc.constantFrom('', '1', '2'), b: fc.constantFrom('', '1'), c: fc.constantFrom('', '1') })
  const matchers = fc.constantFrom('a="1"', 'a!=""', 'b="1"', 'b=~".*",a="2"', 'c=""').map(parseMatchers)
  const rules = fc.array(fc.record({ name: fc.constant(undefined), source: matchers, target: matchers, equal: fc.subarray(['b', 'c', 'd']) }), { maxLength: 3 })
  fc.assert(
    fc.property(rules, labels, fc.array(labels, { maxLength: 6 }), (some, own, others) => {
      const isMuted = some.some(
        ({ source, target, equal }) =>
          matchesAll(target, own) &&
          others.some(
            (other) =>
              matchesAll(source, other) && equal.every((name) => labelOf(other, name) === labelOf(own, name)) && !(matchesAll(source, own) && matchesAll(target, other)),
          ),
      )
      expect(inhibitedBy(some, { labels: own }, others.map((other) => anAlert({ labels: other }))) !== undefined).toBe(isMuted)
    }),
    { numRuns: 500 },
  )
})
