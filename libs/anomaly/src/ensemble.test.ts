import { readFileSync, existsSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { matrixOf, rowOf, type DataMatrix } from './data-matrix.ts'
import { DetectorBytesError } from './detector-bytes.ts'
import { ensembleFrom, fitEnsemble } from './ensemble.ts'
import { fitIsolationForest } from './isolation-forest.ts'
import { rocAuc } from './rank-metrics.ts'
import { seededRandom } from './seeded-random.ts'

/** Two correlated crowds in three columns, the third mostly zero. */
function ordinary(count: number, seed: number): DataMatrix {
  const random = seededRandom(seed)
  return matrixOf(
    Array.from({ length: count }, () => {
      const common = random.normal() + (random.uniform() < 0.3 ? 6 : 0)
      return [common, common + 0.3 * random.normal(), random.uniform() < 0.8 ? 0 : random.uniform()]
    }),
  )
}
const reference = ordinary(3_000, 1)
const ensemble = fitEnsemble(reference, { seed: 1 })
const cell = fc.double({ min: -50, max: 50, noNaN: true })
const anyRow = fc.tuple(cell, cell, cell).map((cells) => Float64Array.from(cells))
const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)

test('a risk is in [0, 1], the parts of the columns are not negative and sum to it', () => {
  fc.assert(
    fc.property(anyRow, (row) => {
      const risk = ensemble.scoreRow(row)
      expect(risk).toBeGreaterThanOrEqual(0)
      expect(risk).toBeLessThanOrEqual(1)
      const parts = ensemble.attribute(row)
      expect(Math.min(...parts)).toBeGreaterThanOrEqual(0)
      expect(sum(parts)).toBeCloseTo(risk, 9)
    }),
  )
})

test('of fresh rows like the reference no more than the stated share raises an alarm, but for chance', () => {
  for (const [falseAlarmRate, most] of [[0.001, 0.003], [0.02, 0.03]] as const) {
    const fresh = fitEnsemble(reference, { seed: 1, falseAlarmRate }).score(ordinary(10_000, 2))
    expect(fresh.filter((risk) => risk >= 0.7).length / 10_000).toBeLessThan(most)
  }
})

test('what is far from all that was seen is an alarm, and what breaks the columns’ relation only is stranger than what keeps it', () => {
  expect(ensemble.scoreRow(Float64Array.of(30, 30, 5))).toBeGreaterThan(0.7)
  expect(ensemble.scoreRow(Float64Array.of(6, -1, 0))).toBeGreaterThan(ensemble.scoreRow(Float64Array.of(6, 6, 0)) + 0.05)
})

test('the column that is off gets most of the risk', () => {
  const parts = ensemble.attribute(Float64Array.of(0, 0, 40))
  expect(parts[2]! / sum(parts)).toBeGreaterThan(0.7)
})

test('many rows score as each alone, and members agree on what is clear', () => {
  const scores = ensemble.score(reference)
  for (const row of [0, 1, 2_999]) expect(scores[row]).toBe(ensemble.scoreRow(rowOf(reference, row)))
  expect(ensemble.agreement(Float64Array.of(100, -100, 50))).toBeGreaterThan(0.8)
  fc.assert(
    fc.property(anyRow, (row) => {
      expect(ensemble.agreement(row)).toBeGreaterThanOrEqual(0)
      expect(ensemble.agreement(row)).toBeLessThanOrEqual(1)
      expect(ensemble.memberRisks(row)).toHaveLength(3)
    }),
  )
})

test('the same rows and seed give the same bytes, another seed gives others', () => {
  expect(fitEnsemble(reference, { seed: 1 }).toBytes()).toEqual(ensemble.toBytes())
  expect(fitEnsemble(reference, { seed: 2 }).toBytes()).not.toEqual(ensemble.toBytes())
})

test('an ensemble read from its bytes scores and explains to the last bit the same', () => {
  const read = ensembleFrom(ensemble.toBytes())
  expect(read.members).toEqual(ensemble.members)
  expect(read.toBytes()).toEqual(ensemble.toBytes())
  fc.assert(
    fc.property(anyRow, (row) => {
      expect(read.scoreRow(row)).toBe(ensemble.scoreRow(row))
      expect(read.attribute(row)).toEqual(ensemble.attribute(row))
    }),
  )
})

test('damaged bytes and those of another model are refused', () => {
  const bytes = ensemble.toBytes()
  bytes[bytes.length >> 1]! ^= 1
  expect(() => ensembleFrom(bytes)).toThrow(DetectorBytesError)
  expect(() => ensembleFrom(fitIsolationForest(reference, { seed: 1 }).toBytes())).toThrow('a model of kind iforest, not ensemble')
})

test('rows that are known anomalies are no part of what is usual', () => {
  const rows = matrixOf(Array.from({ length: 400 }, (_, row) => (row < 300 ? [...rowOf(reference, row)] : [20 + (row % 7) / 10, 20, 0])))
  const labels = Array.from({ length: 400 }, (_, row) => (row < 300 ? 0 : 1))
  const row = Float64Array.of(20, 20, 0)
  expect(fitEnsemble(rows, { seed: 1, labels, falseAlarmRate: 0.02 }).scoreRow(row)).toBeGreaterThan(0.7)
  expect(fitEnsemble(rows, { seed: 1, falseAlarmRate: 0.02 }).scoreRow(row)).toBeLessThan(0.7)
})

test('constant columns and equal rows are scored without a fault', () => {
  const flat = fitEnsemble(matrixOf(Array.from({ length: 50 }, () => [1, 2])), { seed: 1 })
  expect(flat.scoreRow(Float64Array.of(1, 2))).toBe(0)
  expect(flat.scoreRow(Float64Array.of(3, 2))).toBeGreaterThan(0)
})

test('what can’t be fitted or scored is refused', () => {
  expect(() => fitEnsemble(reference, { seed: 1, labels: [1] })).toThrow('1 labels for 3000 rows')
  expect(() => fitEnsemble(reference, { seed: 1, kinds: [] })).toThrow('an ensemble needs a detector')
  expect(() => ensemble.scoreRow(Float64Array.of(1, 2))).toThrow('fitted to 3')
})

/** Labelled sets that lie beside the project and are no part of it. Without them these tests are skipped. */
const folder = process.env.OTT_TEST_DATA ?? new URL('../../../../shared/data', import.meta.url).pathname
describe('on labelled sets of ADBench', () => {
  const testWithSets = existsSync(`${folder}/adbench`) ? test : test.skip
  testWithSets.each(['Stamps', 'WBC', 'breastw', 'cardio', 'thyroid'])('%s: the ensemble ranks no worse than the forest by more than 0.015', (name) => {
    const lines = readFileSync(`${folder}/adbench/${name}.csv`, 'utf8').trim().split('\n').slice(1)
    const cells = lines.map((line) => line.split(',').map(Number))
    const rows = matrixOf(cells.map((line) => line.slice(0, -1)))
    const labels = cells.map((line) => line.at(-1)!)
    const mean = (scoresOf: (seed: number) => Float64Array) => ([0, 1].reduce((total, seed) => total + rocAuc({ scores: scoresOf(seed), labels }), 0)) / 2
    const ofForest = mean((seed) => fitIsolationForest(rows, { seed }).score(rows))
    expect(mean((seed) => fitEnsemble(rows, { seed }).score(rows))).toBeGreaterThan(ofForest - 0.015)
  })
})

test('with other rows in its reference an ensemble is another one, which says what its bytes say; this one stays as it is, and is what it becomes without any', () => {
  const finish = (steps: Generator<undefined, typeof ensemble>) => {
    for (;;) {
      const { done, value } = steps.next()
      if (done === true) return value
    }
  }
  const before = ensemble.toBytes()
  const moved = finish(ensemble.withReference(ordinary(200, 9)))
  expect(ensemble.toBytes()).toEqual(before)
  expect(moved.reference!.rowCount).toBe(ensemble.reference!.rowCount)
  expect(moved.reference!.values.subarray(0, 3)).toEqual(ensemble.reference!.values.subarray(600, 603))
  expect(ensembleFrom(moved.toBytes()).score(reference)).toEqual(moved.score(reference))
  expect(moved.score(reference)).not.toEqual(ensemble.score(reference))
  expect(finish(ensemble.withReference({ values: new Float64Array(0), rowCount: 0, columnCount: 3 }))).toBe(ensemble)
  const forest = fitEnsemble(reference, { seed: 1, kinds: ['iforest'] })
  expect([forest.reference, finish(forest.withReference(ordinary(9, 9)))]).toEqual([undefined, forest])
})
