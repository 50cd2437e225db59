/** Rows of finite numbers, one after the other in one array: value of a row and column at `row * columnCount + column`. */
export interface DataMatrix {
  readonly values: Float64Array
  readonly rowCount: number
  readonly columnCount: number
}

/** @throws RangeError when the rows differ in length or hold what isn't a finite number */
export function matrixOf(rows: readonly (readonly number[])[]): DataMatrix {
  const columnCount = rows[0]?.length ?? 0
  const values = new Float64Array(rows.length * columnCount)
  for (const [row, cells] of rows.entries()) {
    if (cells.length !== columnCount) throw new RangeError(`row ${row} has ${cells.length} columns, the first has ${columnCount}`)
    for (const [column, value] of cells.entries()) {
      if (!Number.isFinite(value)) throw new RangeError(`row ${row}, column ${column}: ${value} is no finite number`)
      values[row * columnCount + column] = value
    }
  }
  return { values, rowCount: rows.length, columnCount }
}

/** A view of one row, not a copy. */
export function rowOf({ values, columnCount }: DataMatrix, row: number): Float64Array {
  return values.subarray(row * columnCount, (row + 1) * columnCount)
}
