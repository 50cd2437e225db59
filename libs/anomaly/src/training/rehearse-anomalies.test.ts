import { expect, test } from '@jest/globals'
import { matrixOf, rowOf } from '../data-matrix.ts'
import { seededRandom } from '../seeded-random.ts'
import { rehearseAnomalies } from './rehearse-anomalies.ts'

const ordinary = matrixOf(Array.from({ length: 200 }, (_, row) => [row / 200, row / 100, row % 2]))
const groups = [{ columns: [0, 1], outlierFrom: 10 }, { columns: [2], outlierFrom: 5 }]

test('every row rises in one group or two, to no more than twice an outlier, and no value falls', () => {
  const before = ordinary.values.slice()
  const rehearsed = rehearseAnomalies(ordinary, ordinary, groups, seededRandom(1))
  let both = 0
  for (let row = 0; row < ordinary.rowCount; row += 1) {
    const [was, is] = [rowOf(ordinary, row), rowOf(rehearsed, row)]
    const risen = groups.map(({ columns }) => columns.every((column) => is[column]! > was[column]!))
    expect(risen.some(Boolean)).toBe(true)
    both += risen.every(Boolean) ? 1 : 0
    for (const [group, { columns, outlierFrom }] of groups.entries()) {
      for (const column of columns) {
        expect(is[column]).toBeGreaterThanOrEqual(was[column]!)
        expect(is[column]).toBeLessThanOrEqual(Math.max(2 * outlierFrom, was[column]!))
        if (!risen[group] && column === 0) expect(is[column]).toBe(was[column])
      }
    }
  }
  expect(both).toBeGreaterThan(5)
  expect(both).toBeLessThan(100)
  expect(ordinary.values).toEqual(before)
})

test('the same chance gives the same rows', () => {
  const rehearse = (seed: number) => [...rehearseAnomalies(ordinary, ordinary, groups, seededRandom(seed)).values]
  expect(rehearse(3)).toEqual(rehearse(3))
  expect(rehearse(3)).not.toEqual(rehearse(4))
})
