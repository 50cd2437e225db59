import { checkReference, checkRow, checkRows } from './check-rows.ts'
import { type DataMatrix } from './data-matrix.ts'
import { arrayOf, fromDetectorBytes, numberOf, toDetectorBytes } from './detector-bytes.ts'
import type { Detector } from './detector.ts'
import { firstNotBelow, medianOfSorted } from './sorted-numbers.ts'

const formatVersion = 1
const binCount = 20
const edgeCount = binCount + 1
/** How much of each density is the Cauchy part: enough to rank what no reference row came near, too little to blur the rest. */
const tailShare = 0.25
/** A bin is at least so many scales wide, so that a crowd of nearly equal values has no density beyond measure. */
const leastWidth = 1e-3
/** Beyond this, squares would leave the range of numbers. */
const farthest = 1e140

/** Of each column a density: a histogram with bins of equal counts, mixed with a Cauchy curve around the median. */
interface Densities {
  /** `binCount + 1` a column; the unused ones at its end are infinite. */
  readonly edges: Float64Array
  /** `binCount` a column, per scale of the column. */
  readonly heights: Float64Array
  readonly medians: Float64Array
  /** 1.4826 · MAD, or 1.2533 times the mean deviation where the MAD is 0, or 1 where that is. */
  readonly scales: Float64Array
  /** The mean of −ln density over the reference rows: the column's entropy. */
  readonly entropies: Float64Array
}

/**
 * A histogram-based outlier score with bins of equal counts (Goldstein & Dengel 2012, "Histogram-based Outlier Score (HBOS)", the dynamic
 * variant), its tails those of a robust z-score: each column's density is ¾ histogram and ¼ a Cauchy curve with the column's median and
 * MAD, whose −ln is ln(1 + z²) and more. So gaps between ordinary values count, and beyond all values seen farther is stranger.
 *
 * The score is the surprise in nats, the sum over columns of −ln density − its mean over the reference rows: 0 for a row as surprising as
 * they are on average, without an upper bound. Columns count as if independent. The parts of `attribute` are the summands, so sum to the score.
 * @throws RangeError for fewer than two rows, no columns, or values that aren't finite or beyond ±1e140
 */
export function fitStatisticalDetector(rows: DataMatrix): Detector {
  checkReference(rows, farthest)
  const { values, rowCount, columnCount } = rows
  const densities: Densities = {
    edges: new Float64Array(columnCount * edgeCount).fill(Infinity),
    heights: new Float64Array(columnCount * binCount),
    medians: new Float64Array(columnCount),
    scales: new Float64Array(columnCount),
    entropies: new Float64Array(columnCount),
  }
  const sorted = new Float64Array(rowCount)
  for (let column = 0; column < columnCount; column += 1) {
    for (let row = 0; row < rowCount; row += 1) sorted[row] = values[row * columnCount + column]!
    fitColumn(sorted.sort(), column, densities)
  }
  return detectorOf(columnCount, densities)
}

/** The model that `toBytes` wrote; its scores are equal bit for bit. @throws DetectorBytesError for anything else */
export function statisticalDetectorFrom(bytes: Uint8Array): Detector {
  const content = fromDetectorBytes(bytes, 'statistical', formatVersion)
  const columnCount = numberOf(content, 'columnCount', { least: 1 })
  const perColumn = (name: string, count = 1) => arrayOf(content, name, 'Float64Array', columnCount * count)
  return detectorOf(columnCount, {
    edges: perColumn('edges', edgeCount),
    heights: perColumn('heights', binCount),
    medians: perColumn('medians'),
    scales: perColumn('scales'),
    entropies: perColumn('entropies'),
  })
}

function detectorOf(columnCount: number, densities: Densities): Detector {
  const { entropies } = densities
  const scoreAt = (values: Float64Array, start: number) => {
    let sum = 0
    for (let column = 0; column < columnCount; column += 1) sum += surprise(values[start + column]!, column, densities) - entropies[column]!
    return sum
  }
  return {
    kind: 'statistical',
    columnCount,
    scoreRow(row) {
      checkRow(row, columnCount)
      return scoreAt(row, 0)
    },
    score(rows) {
      checkRows(rows, columnCount)
      const scores = new Float64Array(rows.rowCount)
      for (let row = 0; row < rows.rowCount; row += 1) scores[row] = scoreAt(rows.values, row * columnCount)
      return scores
    },
    attribute(row) {
      checkRow(row, columnCount)
      return row.map((value, column) => surprise(value, column, densities) - entropies[column]!)
    },
    toBytes: () => toDetectorBytes('statistical', formatVersion, { numbers: { columnCount }, arrays: { ...densities } }),
  }
}

/** −ln of the density, per scale of the column. */
function surprise(value: number, column: number, { edges, heights, medians, scales }: Densities): number {
  const z = Math.max(-farthest, Math.min(farthest, (value - medians[column]!) / scales[column]!))
  const tail = 1 / (Math.PI * (1 + z * z))
  const first = column * edgeCount
  let height = 0
  if (value >= edges[first]!) {
    let bin = 0
    while (bin < binCount && value >= edges[first + bin + 1]!) bin += 1
    if (bin < binCount && edges[first + bin + 1] !== Infinity) height = heights[column * binCount + bin]!
    // The last bin has its upper edge.
    else if (bin > 0 && value === edges[first + bin]) height = heights[column * binCount + bin - 1]!
  }
  return -Math.log((1 - tailShare) * height + tailShare * tail)
}

function fitColumn(sorted: Float64Array, column: number, densities: Densities) {
  const { edges, heights, medians, scales, entropies } = densities
  const count = sorted.length
  const median = medianOfSorted(sorted)
  const deviations = sorted.map((value) => Math.abs(value - median)).sort()
  const scale = 1.4826 * medianOfSorted(deviations) || 1.2533 * deviations.reduce((sum, deviation) => sum + deviation / count, 0) || 1
  medians[column] = median
  scales[column] = scale

  const bounds = binEdges(sorted, scale)
  edges.set(bounds, column * edgeCount)
  let before = 0
  for (let bin = 0; bin + 1 < bounds.length; bin += 1) {
    // A value on an edge belongs to the bin above, on the last edge to the one below.
    const upTo = bin + 2 === bounds.length ? count : firstNotBelow(sorted, bounds[bin + 1]!)
    heights[column * binCount + bin] = ((upTo - before) / count / (bounds[bin + 1]! - bounds[bin]!)) * scale
    before = upTo
  }
  let sum = 0
  for (const value of sorted) sum += surprise(value, column, densities) / count
  entropies[column] = sum
}

/** From the least to the greatest value, between them quantiles that are far enough from each other; one edge for equal values. */
function binEdges(sorted: Float64Array, scale: number): number[] {
  const count = sorted.length
  const greatest = sorted[count - 1]!
  const edges = [sorted[0]!]
  for (let quantile = 1; quantile < binCount; quantile += 1) {
    const edge = sorted[Math.round((quantile * count) / binCount)]!
    const width = leastWidth * scale
    if (edge > edges.at(-1)! + width && edge < greatest - width) edges.push(edge)
  }
  if (greatest > edges[0]!) edges.push(greatest)
  return edges
}
