import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fuseSurprises, weightsByAgreement, weightsByLabels } from './fuse-scores.ts'
import { rocAuc } from './rank-metrics.ts'
import { seededRandom } from './seeded-random.ts'

const rowCount = 2_000
const random = seededRandom(7)
const truth = Array.from({ length: rowCount }, () => -Math.log(1 - random.uniform()))
const labels = truth.map((value) => (value + 0.5 * random.normal() > 3 ? 1 : 0))
const like = (noise: number) => truth.map((value) => Math.abs(value + noise * random.normal()))
const noise = () => truth.map(() => -Math.log(1 - random.uniform()))
const prior = [0.7, 0.05, 0.25]
const fused = (weights: readonly number[], surprises: readonly number[][]) => truth.map((_, row) => fuseSurprises(weights, surprises.map((of) => of[row]!)))

test('a detector that has become noise gets next to no weight without any label, even the one that leads', () => {
  expect(weightsByAgreement([noise(), like(0.3), like(0.3)], prior)[0]).toBeLessThan(0.05)
  expect(weightsByAgreement([like(0.3), noise(), like(0.3)], prior)[1]).toBeLessThan(0.005)
})

test('detectors that agree keep the weights they had', () => {
  const weights = weightsByAgreement([truth, truth, truth], prior)
  for (const [member, weight] of weights.entries()) expect(weight).toBeCloseTo(prior[member]!)
})

test('without agreement at all the given weights stay', () => {
  expect(weightsByAgreement([[1, 2, 3], [3, 2, 1]], [1, 3])).toEqual([0.25, 0.75])
})

test('labels take the weight from a detector that is worthless and give it to one that isn’t', () => {
  const surprises = [noise(), like(0.2), noise()]
  const weights = weightsByLabels(surprises, labels, prior)
  expect(weights[1]).toBeGreaterThan(0.5)
  expect(rocAuc({ scores: fused(weights, surprises), labels })).toBeGreaterThan(rocAuc({ scores: fused(prior, surprises), labels }) + 0.1)
})

test('few labels leave the weights, enough of them move them', () => {
  const surprises = [noise(), like(0.2), noise()]
  const known = (share: number) => labels.map((label, row) => (row < share * rowCount ? label : NaN))
  const given = weightsByLabels(surprises, [], prior)
  expect(given[1]).toBeCloseTo(prior[1]!)
  expect(weightsByLabels(surprises, known(0.05), prior)).toEqual(given)
  expect(weightsByLabels(surprises, known(0.5), prior)[1]).toBeGreaterThan(5 * prior[1]!)
})

test('a detector that misleads gets no weight, never a negative one', () => {
  const misleading = noise().map((value, row) => (labels[row] === 1 ? 0.3 * value : value))
  const weights = weightsByLabels([like(0.8), misleading, like(1)], labels, [0.4, 0.2, 0.4])
  expect(weights[1]).toBe(0)
})

test('weights are never negative and sum to one, whatever the surprises and labels', () => {
  const rows = fc.array(fc.tuple(fc.double({ min: 0, max: 50, noNaN: true }), fc.double({ min: 0, max: 50, noNaN: true }), fc.integer({ min: 0, max: 2 })), { minLength: 60, maxLength: 120 })
  fc.assert(
    fc.property(rows, (table) => {
      const surprises = [table.map(([left]) => left), table.map(([, right]) => right)]
      const given = table.map(([, , label]) => label)
      for (const weights of [weightsByAgreement(surprises, [0.6, 0.4]), weightsByLabels(surprises, given, [0.6, 0.4])]) {
        expect(weights.every((weight) => weight >= 0)).toBe(true)
        expect(weights[0]! + weights[1]!).toBeCloseTo(1, 12)
      }
    }),
    { numRuns: 30 },
  )
})

test('weights that are none are refused', () => {
  expect(() => weightsByLabels([[1], [1]], [1], [0, 0])).toThrow('weights 0, 0')
  expect(() => weightsByAgreement([[1]], [-1])).toThrow('weights -1')
})
