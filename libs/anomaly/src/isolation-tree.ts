import type { DataMatrix } from './data-matrix.ts'
import type { SeededRandom } from './seeded-random.ts'

/**
 * Trees in flat arrays, one entry a node. The right child follows the left one. A leaf is its own left child and its threshold is
 * infinite, so that walking on from it stays there and every walk may take the same number of steps.
 */
export interface TreeNodes {
  /** Column that the node splits; 0 in a leaf. */
  readonly column: Uint16Array
  /** Rows up to this go left, others right. */
  readonly threshold: Float64Array
  readonly left: Uint32Array
  /** How many rows of the tree's sample came here. */
  readonly size: Uint32Array
}

/**
 * Mean number of steps to an unsuccessful end in a binary search tree of `size` keys, 2 H(size − 1) − 2 (size − 1) / size, with
 * H(i) ≈ ln i + γ (Liu 2008, formula 1; the estimate of H, and 1 for two keys, as scikit-learn has them).
 */
export function averagePathLength(size: number): number {
  if (size <= 1) return 0
  if (size === 2) return 1
  return 2 * (Math.log(size - 1) + 0.577_215_664_901_532_9) - (2 * (size - 1)) / size
}

/**
 * Grows one isolation tree (Liu 2008, algorithm 2) into `nodes`, beginning at `root`.
 * The column of a split is drawn uniformly among those that still vary in the node, its threshold uniformly between their least and
 * greatest value. Growth ends at single rows, at equal rows and at `depthLimit`.
 * @param sample rows of the tree, all finite; put in another order
 * @returns the first index that is free after the tree
 */
export function growIsolationTree(sample: DataMatrix, depthLimit: number, random: SeededRandom, nodes: TreeNodes, root: number): number {
  const { values, rowCount, columnCount } = sample
  const order = Uint32Array.from({ length: rowCount }, (_, row) => row)
  const columns = Uint32Array.from({ length: columnCount }, (_, column) => column)
  let free = root + 1

  const grow = (node: number, from: number, to: number, depth: number) => {
    nodes.size[node] = to - from
    const split = to - from > 1 && depth < depthLimit ? drawSplit(from, to) : undefined
    if (split === undefined) {
      nodes.column[node] = 0
      nodes.threshold[node] = Infinity
      nodes.left[node] = node
      return
    }
    const left = free
    free += 2
    nodes.column[node] = split.column
    nodes.threshold[node] = split.threshold
    nodes.left[node] = left
    const middle = partition(from, to, split.column, split.threshold)
    grow(left, from, middle, depth + 1)
    grow(left + 1, middle, to, depth + 1)
  }

  const drawSplit = (from: number, to: number) => {
    for (let remaining = columnCount; remaining > 0; remaining -= 1) {
      const drawn = random.below(remaining)
      const column = columns[drawn]!
      columns[drawn] = columns[remaining - 1]!
      columns[remaining - 1] = column
      let least = Infinity
      let greatest = -Infinity
      for (let place = from; place < to; place += 1) {
        const value = values[order[place]! * columnCount + column]!
        if (value < least) least = value
        if (value > greatest) greatest = value
      }
      if (least < greatest) {
        const share = random.uniform()
        const threshold = least * (1 - share) + greatest * share
        // Rounding must leave neither side empty.
        return { column, threshold: threshold >= least && threshold < greatest ? threshold : least }
      }
    }
    return undefined
  }

  const partition = (from: number, to: number, column: number, threshold: number) => {
    let middle = from
    for (let place = from; place < to; place += 1) {
      const row = order[place]!
      if (values[row * columnCount + column]! <= threshold) {
        order[place] = order[middle]!
        order[middle] = row
        middle += 1
      }
    }
    return middle
  }

  grow(root, 0, rowCount, 0)
  return free
}

/**
 * For each node the path length that is expected there: of a leaf its depth + c(size), of another node the mean of its children's,
 * weighted by the rows of the sample that came to each.
 */
export function expectedPathLengths({ left, size }: TreeNodes, roots: Uint32Array): Float64Array {
  const expected = new Float64Array(left.length)
  const visit = (node: number, depth: number): number => {
    const child = left[node]!
    const length =
      child === node
        ? depth + averagePathLength(size[node]!)
        : (visit(child, depth + 1) * size[child]! + visit(child + 1, depth + 1) * size[child + 1]!) / size[node]!
    expected[node] = length
    return length
  }
  for (const root of roots) visit(root, 0)
  return expected
}
