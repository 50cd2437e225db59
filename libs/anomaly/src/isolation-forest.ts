import { checkReference, checkRow, checkRows, checkWhole } from './check-rows.ts'
import type { DataMatrix } from './data-matrix.ts'
import { rowOf } from './data-matrix.ts'
import { arrayOf, DetectorBytesError, fromDetectorBytes, numberOf, toDetectorBytes } from './detector-bytes.ts'
import type { Detector } from './detector.ts'
import { averagePathLength, expectedPathLengths, growIsolationTree, type TreeNodes } from './isolation-tree.ts'
import { seededRandom } from './seeded-random.ts'

const formatVersion = 1
const most = { trees: 10_000, sampleSize: 65_536, columns: 65_536, nodes: 2 ** 26 }

export interface IsolationForestOptions {
  /** The same rows and seed give the same forest, bit for bit. */
  readonly seed: number
  readonly trees?: number
  /** ψ, rows that each tree is grown from; all when there are fewer. */
  readonly sampleSize?: number
}

interface Forest {
  readonly columnCount: number
  readonly sampleSize: number
  readonly roots: Uint32Array
  readonly nodes: TreeNodes
}

/**
 * Isolation forest (Liu, Ting & Zhou 2008, "Isolation Forest", ICDM): rows that random splits separate early are anomalies. Each tree is
 * grown from ψ rows drawn without replacement, at most ⌈log₂ ψ⌉ deep. Statistically the same as scikit-learn's `IsolationForest`.
 *
 * The score is 2^(−E[h] / c(ψ)), from 0 (deep, ordinary) to 1 (isolated at once); a row as deep as the average scores 0.5.
 * The parts of `attribute` sum to score − score of a row of average depth: at each split of each tree's path the change of the
 * expected depth goes to the column that is split, and all are mapped to the score's scale by one factor.
 * @throws RangeError for fewer than two rows, no columns, values that aren't finite, or options out of bounds
 */
export function fitIsolationForest(rows: DataMatrix, { seed, trees = 100, sampleSize = 256 }: IsolationForestOptions): Detector {
  const { rowCount, columnCount } = rows
  checkReference(rows)
  checkWhole('trees', trees, 1, most.trees)
  checkWhole('sampleSize', sampleSize, 2, most.sampleSize)
  const drawn = Math.min(sampleSize, rowCount)
  const capacity = trees * (2 * drawn - 1)
  if (capacity > most.nodes) throw new RangeError(`${trees} trees of ${drawn} rows each have more than ${most.nodes} nodes`)

  const random = seededRandom(seed)
  const order = Uint32Array.from({ length: rowCount }, (_, row) => row)
  const sample = { values: new Float64Array(drawn * columnCount), rowCount: drawn, columnCount }
  const nodes = nodesOf(capacity)
  const roots = new Uint32Array(trees)
  let free = 0
  for (let tree = 0; tree < trees; tree += 1) {
    for (let place = 0; place < drawn; place += 1) {
      const chosen = place + random.below(rowCount - place)
      const row = order[chosen]!
      order[chosen] = order[place]!
      order[place] = row
      sample.values.set(rowOf(rows, row), place * columnCount)
    }
    roots[tree] = free
    free = growIsolationTree(sample, depthLimitOf(drawn), random, nodes, free)
  }
  const used = {
    column: nodes.column.slice(0, free),
    threshold: nodes.threshold.slice(0, free),
    left: nodes.left.slice(0, free),
    size: nodes.size.slice(0, free),
  }
  return detectorOf({ columnCount, sampleSize: drawn, roots, nodes: used })
}

/** The forest that `toBytes` wrote; its scores are equal bit for bit. @throws DetectorBytesError for anything else */
export function isolationForestFrom(bytes: Uint8Array): Detector {
  const content = fromDetectorBytes(bytes, 'iforest', formatVersion)
  const threshold = arrayOf(content, 'threshold', 'Float64Array')
  const count = threshold.length
  const forest: Forest = {
    columnCount: numberOf(content, 'columnCount', { least: 1, most: most.columns }),
    sampleSize: numberOf(content, 'sampleSize', { least: 2, most: most.sampleSize }),
    roots: arrayOf(content, 'roots', 'Uint32Array'),
    nodes: {
      column: arrayOf(content, 'column', 'Uint16Array', count),
      threshold,
      left: arrayOf(content, 'left', 'Uint32Array', count),
      size: arrayOf(content, 'size', 'Uint32Array', count),
    },
  }
  check(forest)
  return detectorOf(forest)
}

function detectorOf(forest: Forest): Detector {
  const { columnCount, sampleSize, roots, nodes } = forest
  const { column, threshold, left } = nodes
  const depthLimit = depthLimitOf(sampleSize)
  const expected = expectedPathLengths(nodes, roots)
  const perPath = -1 / (roots.length * averagePathLength(sampleSize))
  const meanPath = roots.reduce((sum, root) => sum + expected[root]!, 0)

  /** Where a row ends in a tree. */
  const leafOf = (values: Float64Array, start: number, root: number) => {
    let node = root
    for (let step = 0; step < depthLimit; step += 1) {
      // Arithmetic rather than a branch, which the processor would guess wrong half of the time.
      node = (left[node]! + +(values[start + column[node]!]! > threshold[node]!)) | 0
    }
    return node
  }

  return {
    kind: 'iforest',
    columnCount,
    scoreRow(row) {
      checkRow(row, columnCount)
      let sum = 0
      for (let tree = 0; tree < roots.length; tree += 1) sum += expected[leafOf(row, 0, roots[tree]!)]!
      return 2 ** (sum * perPath)
    },
    score(rows) {
      checkRows(rows, columnCount)
      const { values, rowCount } = rows
      const sums = new Float64Array(rowCount)
      // A block of rows and one tree at a time stay in the processor's nearest cache.
      for (let from = 0; from < rowCount; from += 256) {
        const to = Math.min(from + 256, rowCount)
        for (let tree = 0; tree < roots.length; tree += 1) {
          const root = roots[tree]!
          for (let row = from; row < to; row += 1) sums[row]! += expected[leafOf(values, row * columnCount, root)]!
        }
      }
      return sums.map((sum) => 2 ** (sum * perPath))
    },
    attribute(row) {
      checkRow(row, columnCount)
      const parts = new Float64Array(columnCount)
      let excess = 0
      for (const root of roots) {
        let node = root
        while (left[node] !== node) {
          const split = column[node]!
          const child = left[node]! + (row[split]! > threshold[node]! ? 1 : 0)
          parts[split]! += expected[child]! - expected[node]!
          node = child
        }
        excess += expected[node]! - expected[root]!
      }
      // 2^(−(m + e)) − 2^(−m), over e: the slope between a row of average depth and this one.
      const exponent = excess * perPath * Math.LN2
      const slope = 2 ** (meanPath * perPath) * (exponent === 0 ? 1 : Math.expm1(exponent) / exponent) * perPath * Math.LN2
      return parts.map((part) => part * slope)
    },
    toBytes: () => toDetectorBytes('iforest', formatVersion, { numbers: { columnCount, sampleSize }, arrays: { roots, ...nodes } }),
  }
}

const depthLimitOf = (sampleSize: number) => Math.ceil(Math.log2(sampleSize))

function nodesOf(count: number): TreeNodes {
  return { column: new Uint16Array(count), threshold: new Float64Array(count), left: new Uint32Array(count), size: new Uint32Array(count) }
}

/** Walks every tree once, so that no walk of a row can leave the arrays or go in circles. */
function check({ columnCount, sampleSize, roots, nodes: { column, left, size } }: Forest) {
  const depthLimit = depthLimitOf(sampleSize)
  const seen = new Uint8Array(left.length)
  const visit = (node: number, expectedSize: number, depth: number): void => {
    if (node >= left.length || seen[node] === 1 || size[node] !== expectedSize || column[node]! >= columnCount) {
      throw new DetectorBytesError(`node ${node} of the forest is in no tree, in two, or out of bounds`)
    }
    seen[node] = 1
    const child = left[node]!
    if (child === node) return
    if (depth === depthLimit || child + 1 >= left.length) throw new DetectorBytesError(`node ${node} of the forest has children out of bounds`)
    visit(child, size[child]!, depth + 1)
    visit(child + 1, expectedSize - size[child]!, depth + 1)
  }
  if (roots.length === 0) throw new DetectorBytesError('the forest has no trees')
  for (const root of roots) visit(root, sampleSize, 0)
}
