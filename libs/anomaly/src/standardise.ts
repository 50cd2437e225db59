import { checkReference, checkRow, checkRows } from './check-rows.ts'
import type { DataMatrix } from './data-matrix.ts'

/** Brings columns to mean 0 and standard deviation 1, by the figures of the rows it was fitted to. */
export interface Standardisation {
  readonly means: Float64Array
  /** 1 for a column that is constant. */
  readonly scales: Float64Array
}

/**
 * Means and population standard deviations (ddof 0), as scikit-learn's `StandardScaler` has them.
 * @throws RangeError for what no detector can be fitted to
 */
export function fitStandardisation(rows: DataMatrix): Standardisation {
  checkReference(rows)
  const { values, rowCount, columnCount } = rows
  const means = new Float64Array(columnCount)
  const scales = new Float64Array(columnCount)
  for (let column = 0; column < columnCount; column += 1) {
    let least = Infinity
    let greatest = -Infinity
    let mean = 0
    for (let index = column; index < values.length; index += columnCount) {
      const value = values[index]!
      least = Math.min(least, value)
      greatest = Math.max(greatest, value)
      mean += value / rowCount
    }
    let variance = 0
    for (let index = column; index < values.length; index += columnCount) variance += (values[index]! - mean) ** 2 / rowCount
    means[column] = mean
    // The mean of equal numbers is rounded: their deviation from it is no scale.
    scales[column] = least === greatest || variance === 0 || !Number.isFinite(variance) ? 1 : Math.sqrt(variance)
  }
  return { means, scales }
}

export function standardiseRows({ means, scales }: Standardisation, rows: DataMatrix): DataMatrix {
  checkRows(rows, means.length)
  const values = rows.values.map((value, index) => (value - means[index % means.length]!) / scales[index % means.length]!)
  return { ...rows, values }
}

/** Writes the row's standardised values to `into`, which may be the row itself. */
export function standardiseRow({ means, scales }: Standardisation, row: Float64Array, into: Float64Array): Float64Array {
  checkRow(row, means.length)
  for (let column = 0; column < row.length; column += 1) into[column] = (row[column]! - means[column]!) / scales[column]!
  return into
}
