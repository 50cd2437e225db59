import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { matrixOf, rowOf } from './data-matrix.ts'
import { DetectorBytesError } from './detector-bytes.ts'
import { seededRandom } from './seeded-random.ts'
import { fitStatisticalDetector, statisticalDetectorFrom } from './statistical-detector.ts'

const random = seededRandom(7)
const cloud = matrixOf(Array.from({ length: 2_000 }, () => [random.normal(), 100 * random.normal(), random.uniform() < 0.9 ? 0 : random.below(5)]))
const sum = (parts: Iterable<number>) => [...parts].reduce((total, part) => total + part, 0)

const anyNumber = fc.constantFrom(-1e140, -3, -0, 0, 1e-300, 0.1, 0.30000000000000004, 5, 1e140)
const anyRows = fc
  .integer({ min: 1, max: 4 })
  .chain((columns) => fc.array(fc.array(anyNumber, { minLength: columns, maxLength: columns }), { minLength: 2, maxLength: 60 }))

test('the density of a column agrees with one worked out by hand', () => {
  // 0 … 39, median 19.5, MAD 10: bins of width 2 that hold 2 of 40 each, the last one, 38 to 39, of width 1.
  const detector = fitStatisticalDetector(matrixOf(Array.from({ length: 40 }, (_, value) => [value])))
  const scale = 14.826
  const histogram = (value: number) => (value < 0 || value > 39 ? 0 : value >= 38 ? 2 / 40 : 1 / 40)
  const surprise = (value: number) => -Math.log(0.75 * histogram(value) * scale + 0.25 / Math.PI / (1 + ((value - 19.5) / scale) ** 2))
  const entropy = sum(Array.from({ length: 40 }, (_, value) => surprise(value))) / 40
  for (const value of [-50, 0, 7, 20.5, 38, 39, 39.1, 1e9]) {
    expect(detector.scoreRow(Float64Array.of(value))).toBeCloseTo(surprise(value) - entropy, 9)
  }
})

test('the reference rows are as surprising as they are on average: their mean score is 0', () => {
  fc.assert(
    fc.property(anyRows, (rows) => {
      const scores = fitStatisticalDetector(matrixOf(rows)).score(matrixOf(rows))
      expect(Math.abs(sum(scores)) / scores.length).toBeLessThan(1e-9 * Math.max(1, ...scores.map(Math.abs)))
    }),
  )
})

test('beyond all values seen farther is stranger, and a value in a gap is stranger than one in a crowd', () => {
  const detector = fitStatisticalDetector(cloud)
  const scores = [4, 8, 1e3, 1e9].map((value) => detector.scoreRow(Float64Array.of(value, 0, 0)))
  expect(scores).toEqual(scores.toSorted((left, right) => left - right))
  expect(new Set(scores).size).toBe(4)
  const twoCrowds = fitStatisticalDetector(matrixOf(Array.from({ length: 1_000 }, (_, row) => [(row % 2) * 10 + random.uniform()])))
  expect(twoCrowds.scoreRow(Float64Array.of(5))).toBeGreaterThan(twoCrowds.scoreRow(Float64Array.of(10.5)) + 2)
})

test('copies, constant columns and numbers of any size give finite scores; rows in another order the same', () => {
  fc.assert(
    fc.property(anyRows, fc.integer(), fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 4, maxLength: 4 }), (rows, seed, asked) => {
      const detector = fitStatisticalDetector(matrixOf(rows))
      const row = Float64Array.from(asked.slice(0, detector.columnCount))
      expect(Number.isFinite(detector.scoreRow(row))).toBe(true)
      const order = rows.map((_, index) => index)
      seededRandom(seed).shuffle(order)
      expect(fitStatisticalDetector(matrixOf(order.map((index) => rows[index]!))).scoreRow(row)).toBe(detector.scoreRow(row))
    }),
  )
})

test('attributions sum to the score, and most goes to the column that is odd', () => {
  const detector = fitStatisticalDetector(cloud)
  for (let row = 0; row < 100; row += 1) expect(sum(detector.attribute(rowOf(cloud, row)))).toBeCloseTo(detector.scoreRow(rowOf(cloud, row)), 9)
  const parts = detector.attribute(Float64Array.of(0, 2_000, 0))
  expect(parts.indexOf(Math.max(...parts))).toBe(1)
})

test('one row at a time, many at once and read from bytes, scores are equal bit for bit', () => {
  const detector = fitStatisticalDetector(cloud)
  const scores = detector.score(cloud)
  expect(Float64Array.from({ length: cloud.rowCount }, (_, row) => detector.scoreRow(rowOf(cloud, row)))).toEqual(scores)
  expect(statisticalDetectorFrom(detector.toBytes()).score(cloud)).toEqual(scores)
  expect(statisticalDetectorFrom(detector.toBytes()).toBytes()).toEqual(detector.toBytes())
  expect(() => statisticalDetectorFrom(detector.toBytes().subarray(1))).toThrow(DetectorBytesError)
})
