import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { matrixOf, rowOf } from './data-matrix.ts'
import { calibrationError } from './ensemble-metrics.ts'
import { rocAuc } from './rank-metrics.ts'
import { seededRandom } from './seeded-random.ts'
import { fitSupervisedHead, supervisedHeadFrom } from './supervised-head.ts'

/** An anomaly when the first two columns differ much, against the order of the second and with noise; the third says nothing. */
function labelled(count: number, seed: number) {
  const random = seededRandom(seed)
  const cells = Array.from({ length: count }, () => [random.uniform(), random.uniform(), random.uniform()])
  const labels = cells.map(([a, b]) => (random.uniform() < 1 / (1 + Math.exp(-12 * (Math.abs(a! - b!) - 0.6))) ? 1 : 0))
  return { rows: matrixOf(cells), labels }
}
const train = labelled(4_000, 1)
const head = fitSupervisedHead(train.rows, train.labels)
const cell = fc.double({ min: -2, max: 3, noNaN: true })
const anyCells = fc.tuple(cell, cell, cell)

test('what two columns say together is learned, and holds for rows that were not seen', () => {
  const { rows, labels } = labelled(4_000, 2)
  const scores = labels.map((_, row) => head.logit(rowOf(rows, row)))
  expect(rocAuc({ scores, labels })).toBeGreaterThan(0.88)
  const probabilities = labels.map((_, row) => head.probability(rowOf(rows, row)))
  expect(calibrationError({ scores: probabilities, labels })).toBeLessThan(0.05)
})

test('a column that says nothing gets next to none of the parts, which sum to the logit less that of nothing known', () => {
  const [first, second] = [Float64Array.of(0.1, 0.9, 0.5), Float64Array.of(0.5, 0.5, 0.2)]
  const parts = head.attribute(first)
  expect(Math.abs(parts[2]!)).toBeLessThan(0.2 * Math.abs(parts[0]! + parts[1]!))
  const sumOf = (row: Float64Array) => head.attribute(row).reduce((sum, part) => sum + part, 0)
  expect(sumOf(first) - sumOf(second)).toBeCloseTo(head.logit(first) - head.logit(second), 9)
})

describe.each([1, -1] as const)('with the second column held to direction %d', (direction) => {
  const held = fitSupervisedHead(train.rows, train.labels, { monotone: [0, direction, 0] })
  test('more of it never moves the logit the other way, whatever the labels say', () => {
    fc.assert(
      fc.property(anyCells, cell, ([a, b, c], other) => {
        const [low, high] = [Math.min(b, other), Math.max(b, other)]
        expect(direction * (held.logit(Float64Array.of(a, high, c)) - held.logit(Float64Array.of(a, low, c)))).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 300 },
    )
  })
})

test('the same labels give the same bytes, and a head read from them says the same', () => {
  expect(fitSupervisedHead(train.rows, train.labels).toBytes()).toEqual(head.toBytes())
  const read = supervisedHeadFrom(head.toBytes())
  fc.assert(
    fc.property(anyCells, (cells) => {
      const row = Float64Array.from(cells)
      expect(read.logit(row)).toBe(head.logit(row))
      expect(read.probability(row)).toBe(head.probability(row))
    }),
  )
})

test('rows without a label change nothing', () => {
  const cells = [...train.labels.map((_, row) => [...rowOf(train.rows, row)]), [9, 9, 9], [8, 8, 8]]
  expect(fitSupervisedHead(matrixOf(cells), [...train.labels, NaN, -1]).toBytes()).toEqual(head.toBytes())
})

test('too few labels, or constraints of another number, are refused', () => {
  expect(() => fitSupervisedHead(train.rows, train.labels.map(() => 0))).toThrow('needs 50 labels of each kind, there are 0 anomalies')
  expect(() => fitSupervisedHead(train.rows, train.labels, { monotone: [1] })).toThrow('1 monotone constraints for 3 columns')
})
