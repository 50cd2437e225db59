import { attributeLogit, boostTrees, logitOf, nodesPerTree, splitsPerTree, type BoostedTrees, type Monotonicity } from './boosted-trees.ts'
import { checkReference, checkRow } from './check-rows.ts'
import type { DataMatrix } from './data-matrix.ts'
import { arrayOf, DetectorBytesError, fromDetectorBytes, numberOf, toDetectorBytes } from './detector-bytes.ts'

const formatVersion = 1
/** Fewer of either kind teach a model of trees nothing that holds. */
export const leastLabelsForHead = 50
const rounds = 100

/** A small model of what labelled anomalies look like. Never changes once fitted. */
export interface SupervisedHead {
  readonly columnCount: number
  /** Log odds, both kinds of rows counted alike: what to rank and calibrate by. Allocates nothing. */
  logit(row: Float64Array): number
  /** How likely a row is an anomaly where anomalies are as frequent as among the labels. */
  probability(row: Float64Array): number
  /** The parts sum to the logit minus that of a row of which nothing is known. */
  attribute(row: Float64Array): Float64Array
  toBytes(): Uint8Array
}

/**
 * Gradient-boosted trees of depth 3 over the columns (see boosted-trees.ts), both kinds of rows weighing alike. Deterministic.
 * @param labels 1 for an anomaly, 0 for an ordinary row, anything else for not known: such rows are left out
 * @param monotone of each column: whether more of it may only raise (1) or lower (−1) the suspicion, however little the labels say of it
 * @throws RangeError with fewer than 50 labels of either kind
 */
export function fitSupervisedHead(
  rows: DataMatrix,
  labels: ArrayLike<number>,
  { monotone }: { readonly monotone?: readonly Monotonicity[] } = {},
): SupervisedHead {
  checkReference(rows)
  const { values, rowCount, columnCount } = rows
  if (labels.length !== rowCount) throw new RangeError(`${labels.length} labels for ${rowCount} rows`)
  if (monotone !== undefined && monotone.length !== columnCount) throw new RangeError(`${monotone.length} monotone constraints for ${columnCount} columns`)
  const known = Array.from({ length: rowCount }, (_, row) => row).filter((row) => labels[row] === 0 || labels[row] === 1)
  const positives = known.filter((row) => labels[row] === 1).length
  const negatives = known.length - positives
  if (Math.min(positives, negatives) < leastLabelsForHead) {
    throw new RangeError(`a supervised head needs ${leastLabelsForHead} labels of each kind, there are ${positives} anomalies and ${negatives} ordinary rows`)
  }
  const columnsOfKnown = new Float64Array(known.length * columnCount)
  for (const [place, row] of known.entries()) columnsOfKnown.set(values.subarray(row * columnCount, (row + 1) * columnCount), place * columnCount)
  const isAnomaly = Float64Array.from(known, (row) => labels[row]!)
  const weights = isAnomaly.map((label) => known.length / 2 / (label === 1 ? positives : negatives))
  const trees = boostTrees({ values: columnsOfKnown, rowCount: known.length, columnCount }, isAnomaly, weights, {
    rounds,
    learningRate: 0.1,
    leastRows: Math.max(5, Math.min(20, Math.floor(positives / 10))),
    penalty: 1,
    monotone: monotone ?? Array.from({ length: columnCount }, () => 0 as const),
  })
  return headOf(trees, Math.log(positives / negatives))
}

/** The head that `toBytes` wrote. @throws DetectorBytesError for anything else */
export function supervisedHeadFrom(bytes: Uint8Array): SupervisedHead {
  const content = fromDetectorBytes(bytes, 'supervised-head', formatVersion)
  const columnCount = numberOf(content, 'columnCount', { least: 1, most: 65_536 })
  const columns = arrayOf(content, 'columns', 'Uint32Array', rounds * splitsPerTree)
  if (columns.some((column) => column >= columnCount)) throw new DetectorBytesError('columns: a tree splits a column that is not there')
  const thresholds = arrayOf(content, 'thresholds', 'Float64Array', columns.length)
  const values = arrayOf(content, 'values', 'Float64Array', rounds * nodesPerTree)
  return headOf({ columnCount, start: numberOf(content, 'start'), columns, thresholds, values }, numberOf(content, 'priorLogit'))
}

function headOf(trees: BoostedTrees, priorLogit: number): SupervisedHead {
  const { columnCount, start, columns, thresholds, values } = trees
  const logit = (row: Float64Array) => {
    checkRow(row, columnCount)
    return logitOf(trees, row)
  }
  return {
    columnCount,
    logit,
    probability: (row) => 1 / (1 + Math.exp(-logit(row) - priorLogit)),
    attribute(row) {
      checkRow(row, columnCount)
      return attributeLogit(trees, row)
    },
    toBytes: () =>
      toDetectorBytes('supervised-head', formatVersion, { numbers: { columnCount, start, priorLogit }, arrays: { columns, thresholds, values } }),
  }
}
