import type { DistinctRows } from './distinct-rows.ts'

/** The nearest points found, nearest first; valid until the next search. */
export interface Neighbours {
  /** How many entries of the arrays count. */
  length: number
  readonly point: Uint32Array
  readonly squaredDistance: Float64Array
  /** How many rows of the point are among the `k`; of all but the last entry all there are. */
  readonly taken: Uint32Array
}

export interface NeighbourSearch {
  /** All points so that near ones follow each other: searches in this order find their memory warm. */
  readonly order: Uint32Array
  /**
   * The `k` nearest rows to the row at `start` of `values`, by Euclidean distance; of equally near points those that come first.
   * Fewer when there are no more. Asked the same again, it answers what it found: a row is scored, then explained.
   * @param without a point of which one row is left out: the one that asks. −1 for none
   */
  nearest(values: Float64Array, start: number, k: number, without: number): Neighbours
}

/** Larger leaves search faster in many columns, where boxes leave little out, and cost nothing in few. */
const leafSize = 64

interface Node {
  readonly from: number
  readonly to: number
  readonly children: readonly [Node, Node] | undefined
  /** Least and greatest value of each column, one after the other. */
  readonly box: Float64Array
}

/**
 * A k-d tree (Bentley 1975; Friedman, Bentley & Finkel 1977): halves along the column that spreads most, each node with the box around its
 * points, so that a search leaves out whatever is farther than the k-th found. Exact. Equal rows are one point with a weight, so that data
 * with many of them (viewers who do nothing) costs no more than others. A distance is left unfinished once it exceeds the k-th.
 */
export function neighbourSearch({ points, weights }: Pick<DistinctRows, 'points' | 'weights'>, kMost: number): NeighbourSearch {
  const { columnCount, rowCount } = points
  const order = Uint32Array.from({ length: rowCount }, (_, point) => point)
  const root = halve(points.values, columnCount, order, 0, rowCount)
  const near = new Float64Array(rowCount * columnCount)
  for (const [place, point] of order.entries()) {
    near.set(points.values.subarray(point * columnCount, (point + 1) * columnCount), place * columnCount)
  }
  const found = {
    length: 0,
    point: new Uint32Array(kMost + 1),
    squaredDistance: new Float64Array(kMost + 1),
    taken: new Uint32Array(kMost + 1),
  }
  const { point: foundPoint, squaredDistance: foundDistance, taken } = found
  const query = new Float64Array(columnCount)
  let bound = Infinity
  let total = 0
  let wanted = 0
  let left = -1

  const isLastQuery = (values: Float64Array, start: number) => {
    for (let column = 0; column < columnCount; column += 1) if (query[column] !== values[start + column]) return false
    return true
  }

  const insert = (distance: number, point: number) => {
    const weight = point === left ? weights[point]! - 1 : weights[point]!
    if (weight === 0) return
    let place = found.length
    while (place > 0 && (distance < foundDistance[place - 1]! || (distance === foundDistance[place - 1] && point < foundPoint[place - 1]!))) {
      foundDistance[place] = foundDistance[place - 1]!
      foundPoint[place] = foundPoint[place - 1]!
      taken[place] = taken[place - 1]!
      place -= 1
    }
    foundDistance[place] = distance
    foundPoint[place] = point
    taken[place] = weight
    found.length += 1
    total += weight
    while (total - taken[found.length - 1]! >= wanted) {
      found.length -= 1
      total -= taken[found.length]!
    }
    if (total >= wanted) bound = foundDistance[found.length - 1]!
  }

  const visit = (node: Node): void => {
    if (node.children === undefined) {
      for (let place = node.from; place < node.to; place += 1) {
        const distance = squaredDistance(query, near, place * columnCount, bound)
        if (distance <= bound) insert(distance, order[place]!)
      }
      return
    }
    const [first, second] = node.children
    const toFirst = squaredDistanceToBox(query, first.box, bound)
    const toSecond = squaredDistanceToBox(query, second.box, bound)
    const swapped = toSecond < toFirst
    if ((swapped ? toSecond : toFirst) <= bound) visit(swapped ? second : first)
    if ((swapped ? toFirst : toSecond) <= bound) visit(swapped ? first : second)
  }

  return {
    order,
    nearest(values, start, k, without) {
      if (k === wanted && without === left && isLastQuery(values, start)) return found
      for (let column = 0; column < columnCount; column += 1) query[column] = values[start + column]!
      bound = Infinity
      total = 0
      wanted = k
      left = without
      found.length = 0
      visit(root)
      // The last point may have more rows than are wanted.
      if (total > wanted) taken[found.length - 1]! -= total - wanted
      return found
    },
  }
}

/** Of `row` and the row at `start` of `values`. Given up, then too small but beyond `bound`, once it is beyond. */
export function squaredDistance(row: Float64Array, values: Float64Array, start: number, bound: number): number {
  let sum = 0
  let column = 0
  for (const last = row.length - 3; column < last; column += 4) {
    const a = row[column]! - values[start + column]!
    const b = row[column + 1]! - values[start + column + 1]!
    const c = row[column + 2]! - values[start + column + 2]!
    const d = row[column + 3]! - values[start + column + 3]!
    sum += a * a + b * b + (c * c + d * d)
    // Every second time only: in what the boxes leave to compare, a branch guessed wrong costs more than four columns.
    if ((column & 4) !== 0 && sum > bound) return sum
  }
  for (; column < row.length; column += 1) {
    const difference = row[column]! - values[start + column]!
    sum += difference * difference
  }
  return sum
}

function squaredDistanceToBox(row: Float64Array, box: Float64Array, bound: number): number {
  let sum = 0
  for (let column = 0; column < row.length; column += 1) {
    const value = row[column]!
    const below = box[2 * column]! - value
    const above = value - box[2 * column + 1]!
    const outside = below > 0 ? below : above > 0 ? above : 0
    sum += outside * outside
    if (sum > bound) return sum
  }
  // Sums of many columns are rounded in another order than distances of points: a box mustn't seem farther than a point in it.
  return sum * (1 - 1e-14)
}

/** Puts order[from, to) in an order in which each node's points are together. */
function halve(values: Float64Array, columnCount: number, order: Uint32Array, from: number, to: number): Node {
  const box = new Float64Array(2 * columnCount)
  let widest = 0
  let width = -1
  for (let column = 0; column < columnCount; column += 1) {
    let least = Infinity
    let greatest = -Infinity
    for (let place = from; place < to; place += 1) {
      const value = values[order[place]! * columnCount + column]!
      if (value < least) least = value
      if (value > greatest) greatest = value
    }
    box[2 * column] = least
    box[2 * column + 1] = greatest
    if (greatest - least > width) {
      width = greatest - least
      widest = column
    }
  }
  if (to - from <= leafSize) return { from, to, children: undefined, box }
  const middle = (from + to) >>> 1
  select(order, from, to - 1, middle, (point) => values[point * columnCount + widest]!)
  return { from, to, box, children: [halve(values, columnCount, order, from, middle), halve(values, columnCount, order, middle, to)] }
}

/** Puts the item of rank `middle` in its place, lesser ones before and greater ones behind it (Hoare 1961). */
function select(order: Uint32Array, first: number, last: number, middle: number, keyOf: (item: number) => number) {
  while (first < last) {
    const pivot = keyOf(order[(first + last) >>> 1]!)
    let low = first
    let high = last
    while (low <= high) {
      while (keyOf(order[low]!) < pivot) low += 1
      while (keyOf(order[high]!) > pivot) high -= 1
      if (low <= high) {
        const kept = order[low]!
        order[low] = order[high]!
        order[high] = kept
        low += 1
        high -= 1
      }
    }
    if (middle <= high) last = high
    else if (middle >= low) first = low
    else return
  }
}
