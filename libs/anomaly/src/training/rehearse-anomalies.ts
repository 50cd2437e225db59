import { rowOf, type DataMatrix } from '../data-matrix.ts'
import type { SeededRandom } from '../seeded-random.ts'

/** Columns that belong together and rise together, such as one factor over several windows, the shortest first. */
export interface ColumnGroup {
  readonly columns: readonly number[]
  /** From here on everybody calls the group's value an outlier, on the columns' scale. */
  readonly outlierFrom: number
}

/**
 * Rows with an anomaly put into each, for when nobody has labelled any: in one or two groups of columns the value rises to somewhere between the
 * highest percentile of ordinary rows and twice what everybody would call an outlier. It tells versions of a model apart; how well real anomalies are found
 * only labels can say.
 * @param ordinary rows that the percentile is taken from
 */
export function rehearseAnomalies(rows: DataMatrix, ordinary: DataMatrix, groups: readonly ColumnGroup[], random: Pick<SeededRandom, 'uniform' | 'below'>): DataMatrix {
  const values = rows.values.slice()
  const highest = groups.map(({ columns }) => Math.max(...columns.map((column) => percentile(ordinary, column, 0.99))))
  for (let row = 0; row < rows.rowCount; row += 1) {
    const changed = rowOf({ ...rows, values }, row)
    const first = random.below(groups.length)
    const second = random.uniform() < 0.3 ? random.below(groups.length) : first
    for (const group of new Set([first, second])) {
      const { columns, outlierFrom } = groups[group]!
      const from = Math.min(highest[group]!, outlierFrom)
      const risen = from + random.uniform() * (2 * outlierFrom - from)
      for (const column of columns) changed[column] = Math.max(changed[column]!, risen)
    }
  }
  return { ...rows, values }
}

function percentile(rows: DataMatrix, column: number, share: number): number {
  const sorted = Float64Array.from({ length: rows.rowCount }, (_, row) => rows.values[row * rows.columnCount + column]!).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
