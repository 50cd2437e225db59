import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { diffFindings, isDifferent, type ComparedFinding } from './diff-findings.ts'

const found = (rule: string, severity: ComparedFinding['severity'] = 'high'): ComparedFinding => ({ rule, regulation: 'test', severity })

test('says which rules only one side finds, and which it takes more seriously', () => {
  expect(diffFindings([found('a'), found('b', 'low'), found('c')], [found('d'), found('c'), found('b', 'critical')])).toEqual({
    both: ['b', 'c'],
    added: ['d'],
    removed: ['a'],
    severityChanged: [{ rule: 'b', from: 'low', to: 'critical' }],
  })
})

const findings = fc.uniqueArray(fc.record({ rule: fc.constantFrom('a', 'b', 'c', 'd'), regulation: fc.constant('test'), severity: fc.constantFrom('low' as const, 'high' as const) }), { selector: ({ rule }) => rule })

test('every rule that either side finds is in exactly one of both, added and removed, and turning the sides round turns the answer round', () => {
  fc.assert(
    fc.property(findings, findings, (live, candidate) => {
      const diff = diffFindings(live, candidate)
      const rules = new Set([...live, ...candidate].map(({ rule }) => rule))
      expect([...diff.both, ...diff.added, ...diff.removed].sort()).toEqual([...rules].sort())
      const turned = diffFindings(candidate, live)
      expect([turned.added, turned.removed, turned.both]).toEqual([diff.removed, diff.added, diff.both])
      expect(turned.severityChanged).toEqual(diff.severityChanged.map(({ rule, from, to }) => ({ rule, from: to, to: from })))
      expect(isDifferent(diffFindings(live, [...live].reverse()))).toBe(false)
      expect(isDifferent(diff)).toBe(JSON.stringify([...live].sort(byRule)) !== JSON.stringify([...candidate].sort(byRule)))
    }),
  )
})

function byRule(a: ComparedFinding, b: ComparedFinding): number {
  return a.rule < b.rule ? -1 : 1
}
