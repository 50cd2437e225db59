import { expect, test } from '@jest/globals'
import { severities, type Severity } from '@ott/contracts/severity'
import fc from 'fast-check'
import { severityOf } from './severity-of.ts'

const cause = (severity: Severity) => ({ rule: 'r1', regulation: 'gdpr', severity })

test.each([
  ['medium', 0, 'medium'],
  ['medium', 0.89, 'medium'],
  ['medium', 0.9, 'high'],
  ['low', 1, 'medium'],
  ['critical', 1, 'critical'],
] as const)('a %s rule at risk %d is %s', (severity, risk, expected) => {
  expect(severityOf(cause(severity), risk, [])).toBe(expected)
})

test('what a tenant says of the rule holds before what it says of the regulation, whatever the risk', () => {
  const overrides = [{ regulation: 'gdpr', severity: 'critical' }, { rule: 'r1', severity: 'low' }] as const
  expect(severityOf(cause('high'), 1, overrides)).toBe('low')
  expect(severityOf({ ...cause('high'), rule: 'r2' }, 1, overrides)).toBe('critical')
  expect(severityOf({ ...cause('low'), rule: 'r2', regulation: 'pci' }, 0, overrides)).toBe('low')
})

test('more risk never makes it less grave, and never by more than a step', () => {
  const score = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(fc.constantFrom(...severities), score, score, (severity, one, other) => {
      const step = (risk: number) => severities.indexOf(severityOf(cause(severity), risk, [])) - severities.indexOf(severity)
      expect(step(Math.max(one, other))).toBeGreaterThanOrEqual(step(Math.min(one, other)))
      expect([0, 1]).toContain(step(one))
    }),
  )
})
