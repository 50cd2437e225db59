import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { matrixOf, rowOf, type DataMatrix } from './data-matrix.ts'
import { fitIsolationForest, isolationForestFrom } from './isolation-forest.ts'
import { averagePathLength } from './isolation-tree.ts'
import { seededRandom } from './seeded-random.ts'

function cloud(rowCount: number, columnCount: number, seed = 7): DataMatrix {
  const random = seededRandom(seed)
  return { values: Float64Array.from({ length: rowCount * columnCount }, () => random.normal()), rowCount, columnCount }
}

/** Few different values, so that equal rows and constant columns occur. */
const anyRows = fc
  .integer({ min: 1, max: 5 })
  .chain((columns) => fc.array(fc.array(fc.constantFrom(-1e300, -3, 0, 0.1, 0.30000000000000004, 5, 1e300), { minLength: columns, maxLength: columns }), { minLength: 2, maxLength: 40 }))
  .map(matrixOf)
const sum = (parts: Float64Array) => parts.reduce((total, part) => total + part, 0)

test('the mean path of an unsuccessful search has the harmonic number of one key less', () => {
  expect([0, 1, 2].map(averagePathLength)).toEqual([0, 0, 1])
  // 2 H(255) − 2 · 255 / 256, H(255) summed term by term; the estimate of H is short of it by 1 / 510 and next to nothing.
  let harmonic = 0
  for (let term = 1; term <= 255; term += 1) harmonic += 1 / term
  expect(averagePathLength(256)).toBeCloseTo(2 * (harmonic - 1 / 510) - 510 / 256, 5)
})

test('a row apart from all others scores higher than any of them, and ordinary rows score about one half', () => {
  const rows = cloud(1_000, 3)
  const forest = fitIsolationForest(rows, { seed: 1 })
  const scores = forest.score(rows)
  expect(forest.scoreRow(Float64Array.of(9, -9, 9))).toBeGreaterThan(Math.max(...scores))
  expect(sum(scores) / 1_000).toBeCloseTo(0.46, 1)
})

test('the depth of a row agrees with one worked out by hand', () => {
  // Two rows: each tree has one split, whichever, and both rows are at depth 1 = c(2).
  const pair = fitIsolationForest(matrixOf([[0, 1], [1, 1]]), { seed: 3, trees: 5 })
  expect([...pair.score(matrixOf([[0, 1], [1, 1], [8, 8]]))]).toEqual([0.5, 0.5, 0.5])
  // Equal rows but one: the one is at depth 1, three equal rows at depth 1 + c(3) of at most 2.
  const three = fitIsolationForest(matrixOf([[0], [0], [0], [7]]), { seed: 3, trees: 5 })
  expect(three.scoreRow(Float64Array.of(7))).toBeCloseTo(2 ** (-1 / averagePathLength(4)), 12)
  expect(three.scoreRow(Float64Array.of(0))).toBeCloseTo(2 ** (-(1 + averagePathLength(3)) / averagePathLength(4)), 12)
})

test('a column that is constant in a node is passed over: beside many constant ones the one that varies is split', () => {
  const rows = matrixOf(Array.from({ length: 200 }, (_, row) => [...Array<number>(30).fill(4), row % 100, ...Array<number>(30).fill(-1)]))
  const forest = fitIsolationForest(rows, { seed: 2 })
  const parts = forest.attribute(rowOf(rows, 0))
  expect([...parts].flatMap((part, column) => (part === 0 ? [] : [column]))).toEqual([30])
})

test('the same rows and seed give the same bytes, another seed gives others', () => {
  const rows = cloud(300, 4)
  const bytes = (seed: number) => fitIsolationForest(rows, { seed, trees: 10 }).toBytes()
  expect(bytes(5)).toEqual(bytes(5))
  expect(bytes(5)).not.toEqual(bytes(6))
})

test('scores lie between 0 and 1; one row at a time, many at once and read from bytes they are equal bit for bit', () => {
  fc.assert(
    fc.property(anyRows, fc.integer(), (rows, seed) => {
      const forest = fitIsolationForest(rows, { seed, trees: 7, sampleSize: 16 })
      const read = isolationForestFrom(forest.toBytes())
      const scores = forest.score(rows)
      for (let row = 0; row < rows.rowCount; row += 1) {
        expect(scores[row]).toBeGreaterThan(0)
        expect(scores[row]).toBeLessThan(1)
        expect(forest.scoreRow(rowOf(rows, row))).toBe(scores[row])
      }
      expect(read.score(rows)).toEqual(scores)
      expect(read.attribute(rowOf(rows, 0))).toEqual(forest.attribute(rowOf(rows, 0)))
      expect(read.toBytes()).toEqual(forest.toBytes())
    }),
  )
})

test("attributions sum to the score above that of a row of average depth, which is the same for all rows, and the column that is odd has most", () => {
  fc.assert(
    fc.property(anyRows, fc.integer(), (rows, seed) => {
      const forest = fitIsolationForest(rows, { seed, trees: 7, sampleSize: 16 })
      const ordinary = (row: Float64Array) => forest.scoreRow(row) - sum(forest.attribute(row))
      for (let row = 1; row < rows.rowCount; row += 1) expect(ordinary(rowOf(rows, row))).toBeCloseTo(ordinary(rowOf(rows, 0)), 10)
    }),
  )
  const odd = fitIsolationForest(cloud(2_000, 5), { seed: 1 }).attribute(Float64Array.of(0, 0, 0, 8, 0))
  expect(odd.indexOf(Math.max(...odd))).toBe(3)
  expect(odd[3]! / sum(odd)).toBeGreaterThan(0.8)
})

test('rows that are all equal are as ordinary as can be told', () => {
  const forest = fitIsolationForest(matrixOf(Array.from({ length: 50 }, () => [3, 3])), { seed: 1 })
  expect(forest.scoreRow(Float64Array.of(3, 3))).toBeCloseTo(0.5, 12)
  expect([...forest.attribute(Float64Array.of(9, 9))].every((part) => Math.abs(part) === 0)).toBe(true)
})

test('damaged bytes are refused: cut, changed anywhere, of another kind, or checksummed again around a tree that leads nowhere', async () => {
  const bytes = fitIsolationForest(cloud(20, 2), { seed: 1, trees: 2 }).toBytes()
  for (let at = 0; at < bytes.length; at += 1) {
    expect(() => isolationForestFrom(bytes.subarray(0, at))).toThrow(/^(these bytes are no model|the model is)/)
    const changed = bytes.slice()
    changed[at]! ^= 4
    expect(() => isolationForestFrom(changed)).toThrow(/^(these bytes are no model|the model is damaged)/)
  }
  const { fromDetectorBytes, toDetectorBytes } = await import('./detector-bytes.ts')
  const content = fromDetectorBytes(bytes, 'iforest', 1)
  const withLeft = (left: (node: number, length: number) => number) => {
    const kept = content.arrays['left'] as Uint32Array
    return toDetectorBytes('iforest', 1, { ...content, arrays: { ...content.arrays, left: kept.map((child, node) => (child === node ? child : left(node, kept.length))) } })
  }
  for (const left of [() => 0, (_node: number, length: number) => length - 1, () => 4_000_000_000]) {
    expect(() => isolationForestFrom(withLeft(left))).toThrow(/^node \d+ of the forest/)
  }
  const size = (content.arrays['size'] as Uint32Array).map((rows, node) => (node === 1 ? rows + 1 : rows))
  expect(() => isolationForestFrom(toDetectorBytes('iforest', 1, { ...content, arrays: { ...content.arrays, size } }))).toThrow(/^node \d+ of the forest/)
  expect(() => isolationForestFrom(toDetectorBytes('lof', 1, content))).toThrow('these bytes are a model of kind lof, not iforest')
  expect(() => isolationForestFrom(toDetectorBytes('iforest', 2, content))).toThrow('iforest: format 2 is not the one that is read, 1')
})

test('what no forest can be fitted to is refused with its place', () => {
  expect(() => fitIsolationForest(matrixOf([[1]]), { seed: 1 })).toThrow('needs 2 rows')
  expect(() => fitIsolationForest({ values: Float64Array.of(1, 2, 3, NaN), rowCount: 2, columnCount: 2 }, { seed: 1 })).toThrow('row 1, column 1: NaN is no finite number')
  expect(() => fitIsolationForest(cloud(9, 2), { seed: 1, trees: 0 })).toThrow('trees: 0 is no whole number from 1 to 10000')
  expect(() => fitIsolationForest(cloud(9, 2), { seed: 1 }).scoreRow(Float64Array.of(1))).toThrow('a row of 1 columns, the model was fitted to 2')
})
