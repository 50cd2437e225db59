import type { DataMatrix } from './data-matrix.ts'

/** @throws RangeError when a row has not as many columns as the model was fitted to, or what isn't a finite number */
export function checkRow(row: Float64Array, columnCount: number): void {
  if (row.length !== columnCount) throw new RangeError(`a row of ${row.length} columns, the model was fitted to ${columnCount}`)
  for (let column = 0; column < row.length; column += 1) {
    if (!Number.isFinite(row[column])) throw new RangeError(`column ${column}: ${row[column]} is no finite number`)
  }
}

/** The same for many rows. */
export function checkRows({ values, rowCount, columnCount }: DataMatrix, fittedTo: number): void {
  if (columnCount !== fittedTo) throw new RangeError(`rows of ${columnCount} columns, the model was fitted to ${fittedTo}`)
  if (values.length !== rowCount * columnCount) throw new RangeError(`${values.length} values are not ${rowCount} rows of ${columnCount} columns`)
  for (let index = 0; index < values.length; index += 1) {
    if (!Number.isFinite(values[index])) throw new RangeError(`row ${Math.floor(index / columnCount)}, column ${index % columnCount}: ${values[index]} is no finite number`)
  }
}

/**
 * What a model can be fitted to.
 * @param farthest the greatest distance from 0 that the model can reckon with
 * @throws RangeError as above, and for fewer than two rows, no columns or numbers that are too great
 */
export function checkReference(rows: DataMatrix, farthest = Infinity): void {
  const { values, rowCount, columnCount } = rows
  if (rowCount < 2 || columnCount < 1 || columnCount > 65_536) {
    throw new RangeError(`a detector needs 2 rows and 1 to 65536 columns, there are ${rowCount} and ${columnCount}`)
  }
  checkRows(rows, columnCount)
  const far = values.findIndex((value) => Math.abs(value) > farthest)
  if (far >= 0) throw new RangeError(`row ${Math.floor(far / columnCount)}, column ${far % columnCount}: ${values[far]} is beyond ±${farthest}`)
}

/** @throws RangeError when an option is no whole number within its bounds */
export function checkWhole(name: string, value: number, least: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > most) throw new RangeError(`${name}: ${value} is no whole number from ${least} to ${most}`)
}
