import type { DataMatrix } from '@ott/anomaly/data-matrix'
import { StartError } from '@ott/dev-env/start-error'
import { readText } from './read-text.ts'

export interface LabelledTable {
  /** Names of the columns but the label's, in the file's order. */
  readonly columns: readonly string[]
  readonly rows: DataMatrix
  /** 1 for an anomaly, 0 otherwise. */
  readonly labels: Uint8Array
}

const columnsMax = 4_096
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/**
 * Reads a CSV file (RFC 4180 without line breaks in cells): a header, then finite decimal numbers; the label column holds 0 and 1.
 * @throws StartError that names file, line and column
 */
export async function readTable(file: string, label: string): Promise<LabelledTable> {
  return parseTable(await readText(file), file, label)
}

/** The same for text at hand. */
export function parseTable(text: string, file: string, label: string): LabelledTable {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop()
  const header = (lines[0] ?? '').split(',').map(unquoted)
  if (header.length > columnsMax) throw new StartError(`${file}:1: ${header.length} columns, at most ${columnsMax} are read`)
  const twice = header.find((name, column) => header.indexOf(name) !== column)
  if (twice !== undefined) throw new StartError(`${file}:1: the column ${twice} is there twice`)
  const labelColumn = header.indexOf(label)
  if (labelColumn < 0) throw new StartError(`${file}:1: there is no column ${label} for the label, only ${header.slice(0, 20).join(', ')}`)
  if (header.length < 2) throw new StartError(`${file}:1: there is no column but the label`)
  if (lines.length < 2) throw new StartError(`${file}: no rows follow the header`)

  const rowCount = lines.length - 1
  const columnCount = header.length - 1
  const values = new Float64Array(rowCount * columnCount)
  const labels = new Uint8Array(rowCount)
  for (let row = 0; row < rowCount; row += 1) {
    const cells = lines[row + 1]!.split(',')
    const line = row + 2
    if (cells.length !== header.length) throw new StartError(`${file}:${line}: ${cells.length} cells, the header has ${header.length}`)
    let place = row * columnCount
    for (const [column, cell] of cells.entries()) {
      const value = decimal.test(unquoted(cell)) ? Number(unquoted(cell)) : NaN
      if (!Number.isFinite(value)) throw new StartError(`${file}:${line}:${header[column]}: '${cell.slice(0, 40)}' is no finite number`)
      if (column !== labelColumn) {
        values[place] = value
        place += 1
      } else {
        if (value !== 0 && value !== 1) throw new StartError(`${file}:${line}:${label}: ${value} is neither 0 nor 1`)
        labels[row] = value
      }
    }
  }
  return { columns: header.filter((_, column) => column !== labelColumn), rows: { values, rowCount, columnCount }, labels }
}

function unquoted(cell: string): string {
  const trimmed = cell.trim()
  return /^".*"$/.test(trimmed) ? trimmed.slice(1, -1).replaceAll('""', '"') : trimmed
}
