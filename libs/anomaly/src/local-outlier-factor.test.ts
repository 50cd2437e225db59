import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { matrixOf, rowOf, type DataMatrix } from './data-matrix.ts'
import { fitLocalOutlierFactor, localOutlierFactorFrom } from './local-outlier-factor.ts'
import { seededRandom } from './seeded-random.ts'

function cloud(rowCount: number, columnCount: number, seed = 7): DataMatrix {
  const random = seededRandom(seed)
  return { values: Float64Array.from({ length: rowCount * columnCount }, () => random.normal()), rowCount, columnCount }
}

const rowsOf = (matrix: DataMatrix) => Array.from({ length: matrix.rowCount }, (_, row) => [...rowOf(matrix, row)])

/** The paper's definitions, word by word, for rows without equal distances: the k nearest of all others, by sorting. */
function factorsByDefinition(rows: number[][], k: number): number[] {
  const distance = (left: number[], right: number[]) => Math.hypot(...left.map((value, column) => value - right[column]!))
  const neighbours = rows.map((row, index) =>
    rows
      .map((other, at) => ({ at, distance: distance(row, other) }))
      .filter(({ at }) => at !== index)
      .sort((left, right) => left.distance - right.distance)
      .slice(0, k),
  )
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const densities = neighbours.map((near) => 1 / (mean(near.map(({ at, distance }) => Math.max(distance, neighbours[at]!.at(-1)!.distance))) + 1e-10))
  return neighbours.map((near, index) => mean(near.map(({ at }) => densities[at]! / densities[index]!)))
}

/** Few different values: equal rows and equal distances everywhere. */
const tiedRows = (columns: number, least: number, most: number) =>
  fc.array(fc.array(fc.integer({ min: -1, max: 2 }), { minLength: columns, maxLength: columns }), { minLength: least, maxLength: most })

test('factors are those of the definition, in few columns and in many, with more neighbours asked for than there are', () => {
  for (const [rowCount, columnCount, k] of [[300, 2, 20], [200, 13, 5], [150, 40, 20], [8, 3, 20]] as const) {
    const rows = cloud(rowCount, columnCount)
    const { referenceScores } = fitLocalOutlierFactor(rows, { neighbours: k })
    const expected = factorsByDefinition(rowsOf(rows), Math.min(k, rowCount - 1))
    for (const [row, factor] of expected.entries()) expect(Math.abs(referenceScores[row]! / factor - 1)).toBeLessThan(1e-9)
  }
})

test('a new row is judged as if it stood beside the reference rows, which stay what they are', () => {
  // On a line, one neighbour each: 10 → 1 at distance 9; reach of 1 from 0 is 1. Density 1/9 against 1/1.
  const line = fitLocalOutlierFactor(matrixOf([[0], [1]]), { neighbours: 1 })
  expect(line.scoreRow(Float64Array.of(10))).toBeCloseTo(9, 6)
  expect(line.scoreRow(Float64Array.of(0.5))).toBeCloseTo(1, 6)
})

test('the order of the reference rows changes no score, however many are equal or equally far', () => {
  fc.assert(
    fc.property(tiedRows(3, 2, 60), fc.integer(), fc.integer({ min: 1, max: 8 }), (rows, seed, neighbours) => {
      const order = rows.map((_, row) => row)
      seededRandom(seed).shuffle(order)
      const inOrder = fitLocalOutlierFactor(matrixOf(rows), { neighbours })
      const shuffled = fitLocalOutlierFactor(matrixOf(order.map((row) => rows[row]!)), { neighbours })
      expect([...shuffled.referenceScores]).toEqual(order.map((row) => inOrder.referenceScores[row]!))
      expect(shuffled.scoreRow(Float64Array.of(5, 0, 1))).toBe(inOrder.scoreRow(Float64Array.of(5, 0, 1)))
    }),
  )
})

test('copies, constant columns and numbers of any size give finite positive scores', () => {
  const anyNumber = fc.constantFrom(-1e140, -7, -0, 0, 1e-300, 3, 3.0000000001, 1e140)
  const anyRows = fc.array(fc.array(anyNumber, { minLength: 2, maxLength: 2 }), { minLength: 2, maxLength: 40 })
  fc.assert(
    fc.property(anyRows, fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 2 }), (rows, asked) => {
      const model = fitLocalOutlierFactor(matrixOf(rows), { neighbours: 5 })
      for (const score of [...model.referenceScores, model.scoreRow(Float64Array.from(asked))]) {
        expect(score).toBeGreaterThan(0)
        expect(score).toBeLessThan(Infinity)
      }
      for (const part of model.attribute(Float64Array.from(asked))) expect(part).not.toBeNaN()
    }),
  )
  const copies = fitLocalOutlierFactor(matrixOf(Array.from({ length: 100 }, () => [1, 2])))
  expect([...new Set(copies.referenceScores)]).toEqual([1])
})

test('rows that came and rows that went leave what a fit from scratch gives, bit for bit, whatever is equal', () => {
  const step = fc.record({ added: tiedRows(2, 0, 12), capacity: fc.integer({ min: 2, max: 40 }) })
  fc.assert(
    fc.property(tiedRows(2, 2, 30), fc.array(step, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 6 }), (first, steps, neighbours) => {
      let window = first
      let model = fitLocalOutlierFactor(matrixOf(first), { neighbours })
      for (const { added, capacity } of steps) {
        window = [...window, ...added].slice(-capacity)
        model = model.withReference({ ...matrixOf(added), columnCount: 2 }, capacity)
        expect(model.toBytes()).toEqual(fitLocalOutlierFactor(matrixOf(window), { neighbours }).toBytes())
        expect(model.referenceScores).toEqual(fitLocalOutlierFactor(matrixOf(window), { neighbours }).referenceScores)
      }
    }),
    { numRuns: 300 },
  )
  const rows = cloud(400, 4)
  const more = cloud(50, 4, 8)
  const before = fitLocalOutlierFactor(rows)
  const scoresBefore = before.referenceScores.slice()
  const after = before.withReference(more, 400)
  expect(after.referenceScores).toEqual(fitLocalOutlierFactor(matrixOf([...rowsOf(rows).slice(50), ...rowsOf(more)])).referenceScores)
  expect(before.referenceScores).toEqual(scoresBefore)
})

test('attributions sum to the score above 1, and most goes to the column that is far from the neighbours', () => {
  fc.assert(
    fc.property(tiedRows(3, 2, 40), fc.array(fc.integer({ min: -3, max: 4 }), { minLength: 3, maxLength: 3 }), (rows, asked) => {
      const model = fitLocalOutlierFactor(matrixOf(rows), { neighbours: 4 })
      const row = Float64Array.from(asked)
      const excess = model.scoreRow(row) - 1
      expect(Math.abs(model.attribute(row).reduce((sum, part) => sum + part, 0) - excess)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(excess)))
    }),
  )
  // (1, 1) beside three rows at (0, 0) and one at (1, 5): squares of 3 · 1 + 0 and 3 · 1 + 16.
  const model = fitLocalOutlierFactor(matrixOf([[0, 0], [1, 5], [0, 0], [0, 0], [90, 90]]), { neighbours: 4 })
  const [first, second] = model.attribute(Float64Array.of(1, 1))
  expect(first! / second!).toBeCloseTo(3 / 19, 12)
  const parts = fitLocalOutlierFactor(cloud(500, 4)).attribute(Float64Array.of(0, 0, 12, 0))
  expect(parts[2]! / parts.reduce((sum, part) => sum + part, 0)).toBeGreaterThan(0.95)
})

test('one row at a time, many at once and read from bytes, scores are equal bit for bit', () => {
  const reference = cloud(200, 3)
  const asked = cloud(50, 3, 9)
  const model = fitLocalOutlierFactor(reference, { neighbours: 7 })
  const read = localOutlierFactorFrom(model.toBytes())
  const scores = model.score(asked)
  expect(rowsOf(asked).map((row) => model.scoreRow(Float64Array.from(row)))).toEqual([...scores])
  expect(read.score(asked)).toEqual(scores)
  expect(read.referenceScores).toEqual(model.referenceScores)
  expect(read.toBytes()).toEqual(model.toBytes())
})

test('what there is no factor of is refused with its place', () => {
  expect(() => fitLocalOutlierFactor(matrixOf([[1]]))).toThrow('needs 2 rows')
  expect(() => fitLocalOutlierFactor(matrixOf([[1], [2e140]]))).toThrow('row 1, column 0: 2e+140 is beyond ±1e+140')
  expect(() => fitLocalOutlierFactor(matrixOf([[1], [2]]), { neighbours: 0 })).toThrow('neighbours: 0 is no whole number from 1 to 1000')
  expect(() => fitLocalOutlierFactor(matrixOf([[1], [2]])).scoreRow(Float64Array.of(NaN))).toThrow('column 0: NaN is no finite number')
  expect(() => fitLocalOutlierFactor(matrixOf([[1], [2]])).withReference(matrixOf([[1, 2]]), 5)).toThrow('rows of 2 columns, the model was fitted to 1')
})
