import type { DataMatrix } from './data-matrix.ts'
import { firstNotBelow } from './sorted-numbers.ts'

/** 1: a higher value never lowers the result; −1: never raises it; 0: free. */
export type Monotonicity = -1 | 0 | 1

export interface BoostingOptions {
  readonly rounds: number
  readonly learningRate: number
  /** Rows that a leaf has at least. */
  readonly leastRows: number
  /** L2 penalty on leaf values, in units of summed row weights. */
  readonly penalty: number
  readonly monotone: readonly Monotonicity[]
}

/** Trees of depth 3, complete: node i has children 2i + 1 and 2i + 2, nodes 0–6 split, 7–14 are leaves. Values are added up over the trees. */
export interface BoostedTrees {
  readonly columnCount: number
  readonly start: number
  /** 7 a tree. A row goes right when its value is above the threshold; a node that isn't split sends all to the left (+Infinity). */
  readonly columns: Uint32Array
  readonly thresholds: Float64Array
  /** 15 a tree, those of inner nodes too: what the tree would say if it ended there. */
  readonly values: Float64Array
}

export const depth = 3
export const splitsPerTree = 2 ** depth - 1
export const nodesPerTree = 2 ** (depth + 1) - 1
const mostBins = 64

/**
 * Gradient boosting (Friedman 2001, Annals of Statistics 29:1189–1232) on the logistic loss with second-order steps (Chen & Guestrin 2016,
 * KDD) over binned columns, and monotone constraints. No chance is involved: the same rows give the same trees.
 * @param labels 0 or 1 of each row @param weights of each row
 */
export function boostTrees(rows: DataMatrix, labels: ArrayLike<number>, weights: ArrayLike<number>, options: BoostingOptions): BoostedTrees {
  const { rowCount, columnCount } = rows
  const { rounds, learningRate } = options
  const edges = Array.from({ length: columnCount }, (_, column) => binEdges(rows, column))
  const bins = binsOf(rows, edges)
  let [positive, total] = [0, 0]
  for (let row = 0; row < rowCount; row += 1) {
    total += weights[row]!
    if (labels[row] === 1) positive += weights[row]!
  }
  const start = Math.log(positive / (total - positive))
  const trees = {
    columns: new Uint32Array(rounds * splitsPerTree),
    thresholds: new Float64Array(rounds * splitsPerTree).fill(Infinity),
    values: new Float64Array(rounds * nodesPerTree),
  }
  const logits = new Float64Array(rowCount).fill(start)
  const slopes = new Float64Array(rowCount)
  const curvatures = new Float64Array(rowCount)
  for (let round = 0; round < rounds; round += 1) {
    for (let row = 0; row < rowCount; row += 1) {
      const probability = 1 / (1 + Math.exp(-logits[row]!))
      slopes[row] = weights[row]! * (probability - labels[row]!)
      curvatures[row] = weights[row]! * probability * (1 - probability)
    }
    const places = new Uint8Array(rowCount)
    const limits = new Map([[0, { least: -Infinity, most: Infinity }]])
    trees.values[round * nodesPerTree] = leafValue(sum(slopes), sum(curvatures), options.penalty, limits.get(0)!) * learningRate
    for (let level = 0; level < depth; level += 1) {
      const from = 2 ** level - 1
      const histograms = histogramsOf({ bins, edges, places, slopes, curvatures, from, nodes: 2 ** level })
      for (let node = from; node < 2 * from + 1; node += 1) {
        const limit = limits.get(node)!
        const split = bestSplit(histograms[node - from]!, limit, options)
        const at = round * splitsPerTree + node
        if (split !== undefined) {
          trees.columns[at] = split.column
          trees.thresholds[at] = edges[split.column]![split.bin]!
        }
        // Children stay on their side of the middle, so that no grandchild breaks the order (as in LightGBM's basic method).
        const middle = split && (split.left + split.right) / 2
        const direction = split ? options.monotone[split.column]! : 0
        const value = trees.values[round * nodesPerTree + node]!
        const [low, high] = [{ ...limit, most: middle ?? Infinity }, { ...limit, least: middle ?? -Infinity }]
        limits.set(2 * node + 1, direction === 1 ? low : direction === -1 ? high : limit)
        limits.set(2 * node + 2, direction === 1 ? high : direction === -1 ? low : limit)
        trees.values[round * nodesPerTree + 2 * node + 1] = split ? split.left * learningRate : value
        trees.values[round * nodesPerTree + 2 * node + 2] = split ? split.right * learningRate : value
      }
      for (let row = 0; row < rowCount; row += 1) {
        const at = round * splitsPerTree + places[row]!
        const goesRight = rows.values[row * columnCount + trees.columns[at]!]! > trees.thresholds[at]!
        places[row] = 2 * places[row]! + (goesRight ? 2 : 1)
      }
    }
    for (let row = 0; row < rowCount; row += 1) logits[row]! += trees.values[round * nodesPerTree + places[row]!]!
  }
  return { columnCount, start, ...trees }
}

/** The sum over the trees for a row: the logit. */
export function logitOf({ start, columns, thresholds, values }: BoostedTrees, row: ArrayLike<number>, offset = 0): number {
  let logit = start
  for (let split = 0, first = 0; split < columns.length; split += splitsPerTree, first += nodesPerTree) {
    let node = 0
    for (let level = 0; level < depth; level += 1) {
      node = 2 * node + (row[offset + columns[split + node]!]! > thresholds[split + node]! ? 2 : 1)
    }
    logit += values[first + node]!
  }
  return logit
}

/**
 * How much each column moves the logit away from what the trees say without looking: along each path the change of the value goes to the
 * column that is split (Saabas 2014). The parts sum to the logit minus that of the roots.
 */
export function attributeLogit({ columnCount, columns, thresholds, values }: BoostedTrees, row: ArrayLike<number>): Float64Array {
  const parts = new Float64Array(columnCount)
  for (let split = 0, first = 0; split < columns.length; split += splitsPerTree, first += nodesPerTree) {
    let node = 0
    for (let level = 0; level < depth; level += 1) {
      const column = columns[split + node]!
      const next = 2 * node + (row[column]! > thresholds[split + node]! ? 2 : 1)
      parts[column]! += values[first + next]! - values[first + node]!
      node = next
    }
  }
  return parts
}

/** Thresholds between bins of about equally many rows, each between two values that occur. */
function binEdges({ values, rowCount, columnCount }: DataMatrix, column: number): Float64Array {
  const sorted = Float64Array.from({ length: rowCount }, (_, row) => values[row * columnCount + column]!).sort()
  const distinct = [...new Set(sorted)]
  const least = new Set<number>()
  const chosen = distinct.length <= mostBins ? distinct : Array.from({ length: mostBins }, (_, bin) => sorted[Math.floor((bin * rowCount) / mostBins)]!)
  for (const value of chosen) least.add(value)
  const place = new Map(distinct.map((value, index) => [value, index]))
  return Float64Array.from([...least].filter((value) => value !== distinct[0]), (value) => {
    const below = distinct[place.get(value)! - 1]!
    const middle = below + (value - below) / 2
    return middle < value ? middle : below
  })
}

function binsOf({ values, rowCount, columnCount }: DataMatrix, edges: readonly Float64Array[]): Uint8Array {
  const bins = new Uint8Array(rowCount * columnCount)
  for (let index = 0; index < bins.length; index += 1) {
    bins[index] = firstNotBelow(edges[index % columnCount]!, values[index]!)
  }
  return bins
}

interface Histogram {
  /** Per column and bin: sums of slopes and curvatures, and rows. */
  readonly sums: readonly (readonly [slopes: Float64Array, curvatures: Float64Array, rows: Uint32Array])[]
}

interface Level {
  readonly bins: Uint8Array
  readonly edges: readonly Float64Array[]
  readonly places: Uint8Array
  readonly slopes: Float64Array
  readonly curvatures: Float64Array
  readonly from: number
  readonly nodes: number
}

function histogramsOf({ bins, edges, places, slopes, curvatures, from, nodes }: Level): Histogram[] {
  const emptyColumn = (limits: Float64Array) => [new Float64Array(limits.length + 1), new Float64Array(limits.length + 1), new Uint32Array(limits.length + 1)] as const
  const histograms = Array.from({ length: nodes }, () => ({ sums: edges.map(emptyColumn) }))
  for (let row = 0; row < places.length; row += 1) {
    const { sums } = histograms[places[row]! - from]!
    for (let column = 0; column < edges.length; column += 1) {
      const [slope, curvature, rows] = sums[column]!
      const bin = bins[row * edges.length + column]!
      slope[bin]! += slopes[row]!
      curvature[bin]! += curvatures[row]!
      rows[bin]! += 1
    }
  }
  return histograms
}

interface Limit {
  readonly least: number
  readonly most: number
}

function bestSplit({ sums }: Histogram, limit: Limit, { leastRows, penalty, monotone }: BoostingOptions) {
  const [allSlopes, allCurvatures, allRows] = sums[0]!.map((bins) => sum(bins)) as [number, number, number]
  const gainOf = (slope: number, curvature: number, value: number) => -slope * value - (0.5 * curvature + 0.5 * penalty) * value * value
  const whole = gainOf(allSlopes, allCurvatures, leafValue(allSlopes, allCurvatures, penalty, limit))
  let best: { readonly column: number; readonly bin: number; readonly left: number; readonly right: number } | undefined
  let bestGain = 1e-9
  for (const [column, [slopes, curvatures, rows]] of sums.entries()) {
    let [slope, curvature, count] = [0, 0, 0]
    for (let bin = 0; bin < slopes.length - 1; bin += 1) {
      slope += slopes[bin]!
      curvature += curvatures[bin]!
      count += rows[bin]!
      if (count < leastRows || allRows - count < leastRows) continue
      const left = leafValue(slope, curvature, penalty, limit)
      const right = leafValue(allSlopes - slope, allCurvatures - curvature, penalty, limit)
      if (monotone[column]! * (right - left) < 0) continue
      const gain = gainOf(slope, curvature, left) + gainOf(allSlopes - slope, allCurvatures - curvature, right) - whole
      if (gain > bestGain) {
        bestGain = gain
        best = { column, bin, left, right }
      }
    }
  }
  return best
}

function leafValue(slope: number, curvature: number, penalty: number, { least, most }: Limit): number {
  return Math.max(least, Math.min(most, -slope / (curvature + penalty)))
}

function sum(values: Float64Array | Uint32Array): number {
  let total = 0
  for (let index = 0; index < values.length; index += 1) total += values[index]!
  return total
}
