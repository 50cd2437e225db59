import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { averagePrecision, rocAuc } from './rank-metrics.ts'

test('figures agree with those worked out by hand', () => {
  // The example of scikit-learn's documentation.
  const example = { scores: [0.1, 0.4, 0.35, 0.8], labels: [0, 0, 1, 1] }
  expect(rocAuc(example)).toBe(0.75)
  expect(averagePrecision(example)).toBeCloseTo(0.8333333333333333, 15)
  expect(rocAuc({ scores: [1, 1, 1, 1], labels: [0, 1, 0, 1] })).toBe(0.5)
  expect(averagePrecision({ scores: [1, 1, 1, 1], labels: [0, 1, 0, 0] })).toBe(0.25)
})

test('the area is the share of pairs that are in order, ties counted half', () => {
  const rows = fc.array(fc.record({ score: fc.integer({ min: 0, max: 5 }), label: fc.constantFrom(0, 1) }), { minLength: 2, maxLength: 40 })
  fc.assert(
    fc.property(rows, (all) => {
      const positives = all.filter(({ label }) => label === 1)
      const negatives = all.filter(({ label }) => label === 0)
      fc.pre(positives.length > 0 && negatives.length > 0)
      let inOrder = 0
      for (const { score } of positives) for (const other of negatives) inOrder += score > other.score ? 1 : score === other.score ? 0.5 : 0
      const given = { scores: all.map(({ score }) => score), labels: all.map(({ label }) => label) }
      expect(rocAuc(given)).toBeCloseTo(inOrder / (positives.length * negatives.length), 12)
    }),
  )
})

test('without one of the two kinds there is no figure', () => {
  expect(rocAuc({ scores: [1, 2], labels: [1, 1] })).toBeNaN()
  expect(averagePrecision({ scores: [1, 2], labels: [0, 0] })).toBeNaN()
})
