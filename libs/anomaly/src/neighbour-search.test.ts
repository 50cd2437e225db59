import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { matrixOf, rowOf } from './data-matrix.ts'
import { distinctRows, type DistinctRows } from './distinct-rows.ts'
import { neighbourSearch } from './neighbour-search.ts'

/** By comparing with every point. */
function nearestOfAll({ points, weights }: DistinctRows, row: Float64Array, k: number, without: number) {
  const all = Array.from({ length: points.rowCount }, (_, point) => ({
    point,
    squaredDistance: rowOf(points, point).reduce((sum, value, column) => sum + (value - row[column]!) ** 2, 0),
    rows: weights[point]! - (point === without ? 1 : 0),
  }))
  all.sort((left, right) => left.squaredDistance - right.squaredDistance || left.point - right.point)
  let missing = k
  return all.flatMap(({ point, squaredDistance, rows }) => {
    const taken = Math.min(rows, missing)
    missing -= taken
    return taken > 0 ? [[point, squaredDistance, taken]] : []
  })
}

/** On a grid, so that most distances are equal to others, and more points than a leaf of the tree has. */
const grids = fc
  .record({ columns: fc.integer({ min: 1, max: 6 }), greatest: fc.integer({ min: 1, max: 12 }) })
  .chain(({ columns, greatest }) => fc.array(fc.array(fc.integer({ min: 0, max: greatest }), { minLength: columns, maxLength: columns }), { minLength: 2, maxLength: 250, size: 'max' }))

test('the tree finds what a comparison with every point finds, copies counted, of equally near points the first, asked again or not', () => {
  fc.assert(
    fc.property(grids, fc.integer({ min: 1, max: 25 }), (rows, k) => {
      const distinct = distinctRows(matrixOf(rows))
      const search = neighbourSearch(distinct, k)
      for (let point = 0; point < distinct.points.rowCount; point += 5) {
        for (const [without, wanted] of [[-1, k], [point, k], [point, k], [-1, Math.ceil(k / 2)], [-1, k]] as const) {
          const { length, ...found } = search.nearest(distinct.points.values, point * distinct.points.columnCount, wanted, without)
          const entries = Array.from({ length }, (_, entry) => [found.point[entry], found.squaredDistance[entry], found.taken[entry]])
          expect(entries).toEqual(nearestOfAll(distinct, rowOf(distinct.points, point), wanted, without))
        }
      }
    }),
    { numRuns: 60 },
  )
})

test('equal rows are one point whatever their order, 0 and −0 the same', () => {
  const rows = [[0, 1], [-0, 1], [3, 3], [0, 1], [3, 3]]
  const { points, weights, pointOf } = distinctRows(matrixOf(rows))
  expect(points.rowCount).toBe(2)
  expect([...pointOf].map((point) => weights[point])).toEqual([3, 3, 2, 3, 2])
  for (const [row, cells] of rows.entries()) expect([...rowOf(points, pointOf[row]!)].map((cell) => cell + 0)).toEqual(cells.map((cell) => cell + 0))
  expect(distinctRows(matrixOf(rows.toReversed())).weights).toEqual(weights)
})
