import { checkReference, checkRow, checkRows, checkWhole } from './check-rows.ts'
import { rowOf, type DataMatrix } from './data-matrix.ts'
import { arrayOf, fromDetectorBytes, numberOf, toDetectorBytes } from './detector-bytes.ts'
import type { Detector } from './detector.ts'
import { distinctRows, type DistinctRows } from './distinct-rows.ts'
import { neighbourSearch, squaredDistance, type Neighbours, type NeighbourSearch } from './neighbour-search.ts'

const formatVersion = 1
const most = { neighbours: 1_000, rows: 1_000_000 }
/** Beyond this, squares of distances would leave the range of numbers. */
const farthest = 1e140
/** What scikit-learn adds to mean distances, so that rows with k copies have a density. */
const leastDistance = 1e-10
/** Neighbourhoods searched between two turns. */
const pointsPerStep = 64

export interface LocalOutlierFactor extends Detector {
  /** The reference rows, the longest known first. */
  readonly reference: DataMatrix
  /** Their own factors, each judged by its neighbours without itself. */
  readonly referenceScores: Float64Array
  /**
   * A model of the latest `capacity` of the reference rows and these, equal to one that is fitted to them from scratch. Only
   * neighbourhoods that changed are searched again. This model stays as it is.
   */
  withReference(added: DataMatrix, capacity: number): LocalOutlierFactor
  /** The same, a millisecond or two at a time: one for each turn of the iterator. */
  withReferenceInSteps(added: DataMatrix, capacity: number): Generator<undefined, LocalOutlierFactor>
}

/** Of each point its neighbourhood, `neighbours` entries a point, nearest first; entries with nothing taken are unused. */
interface Neighbourhoods {
  readonly point: Uint32Array
  readonly squaredDistance: Float64Array
  readonly taken: Uint32Array
}

/**
 * Local outlier factor (Breunig, Kriegel, Ng & Sander 2000, "LOF: Identifying Density-Based Local Outliers", SIGMOD): how much sparser it is
 * around a row than around its k nearest reference rows. About 1 for an ordinary row, higher for outliers. As scikit-learn's
 * `LocalOutlierFactor`: exactly k neighbours, 1e-10 added to mean reachability distances, at most n − 1 neighbours. `scoreRow` judges
 * a row as a new one, `referenceScores` has the reference rows' own. Of equally near rows those count whose values have the least hash: the
 * order of the reference rows changes nothing. Distances are Euclidean, so columns want a common scale (see standardise.ts).
 *
 * The parts of `attribute` sum to score − 1; a column's share is its share of the squared distances to the neighbours.
 * @throws RangeError for fewer than two rows, no columns, values that aren't finite or beyond ±1e140, or options out of bounds
 */
export function fitLocalOutlierFactor(reference: DataMatrix, { neighbours = 20 }: { readonly neighbours?: number } = {}): LocalOutlierFactor {
  checkNumbers(reference)
  checkWhole('neighbours', neighbours, 1, most.neighbours)
  const distinct = distinctRows(reference)
  const k = Math.min(neighbours, reference.rowCount - 1)
  const search = neighbourSearch(distinct, k)
  const found = emptyNeighbourhoods(distinct, k)
  for (const point of search.order) keep(found, point, k, nearestOf(point, distinct, search, k))
  return detectorOf({ reference, neighbours, k, distinct, search, found })
}

/** The model that `toBytes` wrote; its scores are equal bit for bit. @throws DetectorBytesError for anything else */
export function localOutlierFactorFrom(bytes: Uint8Array): LocalOutlierFactor {
  const content = fromDetectorBytes(bytes, 'lof', formatVersion)
  const columnCount = numberOf(content, 'columnCount', { least: 1 })
  const rowCount = numberOf(content, 'rowCount', { least: 2 })
  const values = arrayOf(content, 'values', 'Float64Array', rowCount * columnCount)
  return fitLocalOutlierFactor({ values, rowCount, columnCount }, { neighbours: numberOf(content, 'neighbours', { least: 1, most: most.neighbours }) })
}

interface Fitted {
  readonly reference: DataMatrix
  /** As asked for, and as there are. */
  readonly neighbours: number
  readonly k: number
  readonly distinct: DistinctRows
  readonly search: NeighbourSearch
  readonly found: Neighbourhoods
}

function detectorOf(fitted: Fitted): LocalOutlierFactor {
  const { reference, neighbours, k, distinct, search, found } = fitted
  const { points, pointOf } = distinct
  const { columnCount } = reference
  const kDistances = kDistancesOf(found, k, points.rowCount)
  const densities = new Float64Array(points.rowCount)
  for (let point = 0; point < points.rowCount; point += 1) densities[point] = density(found, point * k, k, kDistances, k)
  const factors = new Float64Array(points.rowCount)
  for (let point = 0; point < points.rowCount; point += 1) factors[point] = meanDensity(found, point * k, k, densities, k) / densities[point]!

  const clipped = new Float64Array(columnCount)
  const neighboursOf = (values: Float64Array, start: number) => {
    for (let column = 0; column < columnCount; column += 1) clipped[column] = Math.max(-farthest, Math.min(farthest, values[start + column]!))
    return search.nearest(clipped, 0, k, -1)
  }
  const factorOf = (near: Neighbours) => meanDensity(near, 0, near.length, densities, k) / density(near, 0, near.length, kDistances, k)

  return {
    kind: 'lof',
    columnCount,
    reference,
    referenceScores: Float64Array.from(pointOf, (point) => factors[point]!),
    scoreRow(row) {
      checkRow(row, columnCount)
      return factorOf(neighboursOf(row, 0))
    },
    score(rows) {
      checkRows(rows, columnCount)
      const scores = new Float64Array(rows.rowCount)
      for (let row = 0; row < rows.rowCount; row += 1) scores[row] = factorOf(neighboursOf(rows.values, row * columnCount))
      return scores
    },
    attribute(row) {
      checkRow(row, columnCount)
      const near = neighboursOf(row, 0)
      const parts = new Float64Array(columnCount)
      for (let entry = 0; entry < near.length; entry += 1) {
        const start = near.point[entry]! * columnCount
        for (let column = 0; column < columnCount; column += 1) {
          parts[column]! += near.taken[entry]! * (clipped[column]! - points.values[start + column]!) ** 2
        }
      }
      const sum = parts.reduce((total, part) => total + part, 0)
      const excess = factorOf(near) - 1
      // A row that equals all its neighbours differs from them in no column.
      return parts.map((part) => (sum === 0 ? excess / columnCount : (excess * part) / sum))
    },
    withReference(added, capacity) {
      const steps = renewed(fitted, added, capacity)
      for (;;) {
        const { done, value } = steps.next()
        if (done === true) return value
      }
    },
    withReferenceInSteps: (added, capacity) => renewed(fitted, added, capacity),
    toBytes: () =>
      toDetectorBytes('lof', formatVersion, {
        numbers: { columnCount, rowCount: reference.rowCount, neighbours },
        arrays: { values: reference.values },
      }),
  }
}

function* renewed(old: Fitted, added: DataMatrix, capacity: number): Generator<undefined, LocalOutlierFactor> {
  const { columnCount } = old.reference
  checkWhole('capacity', capacity, 2, most.rows)
  checkRows(added, columnCount)
  const rowCount = Math.min(capacity, old.reference.rowCount + added.rowCount)
  const keptRows = Math.max(0, rowCount - added.rowCount)
  const firstKept = old.reference.rowCount - keptRows
  const values = new Float64Array(rowCount * columnCount)
  values.set(old.reference.values.subarray(firstKept * columnCount))
  values.set(added.values.subarray((added.rowCount - (rowCount - keptRows)) * columnCount), keptRows * columnCount)
  const reference = { values, rowCount, columnCount }
  const k = Math.min(old.neighbours, rowCount - 1)
  if (k !== old.k) return fitLocalOutlierFactor(reference, { neighbours: old.neighbours })

  checkNumbers(reference)
  const distinct = distinctRows(reference)
  yield
  const search = neighbourSearch(distinct, k)
  yield
  const nothing = 0xffff_ffff
  const newPointOf = new Uint32Array(old.distinct.points.rowCount).fill(nothing)
  const oldPointOf = new Uint32Array(distinct.points.rowCount).fill(nothing)
  for (let row = 0; row < keptRows; row += 1) {
    const before = old.distinct.pointOf[firstKept + row]!
    const now = distinct.pointOf[row]!
    newPointOf[before] = now
    oldPointOf[now] = before
  }
  const unknown = [...oldPointOf.keys()].filter((point) => oldPointOf[point] === nothing)

  /** Whether a neighbourhood is what a search would find again: all rows of its points but the last's still taken, no new point within it. */
  const stays = (before: number, now: number) => {
    const first = before * k
    let kSquaredDistance = 0
    for (let entry = first; entry < first + k && old.found.taken[entry] !== 0; entry += 1) {
      const point = newPointOf[old.found.point[entry]!]!
      if (point === nothing) return false
      const weight = point === now ? distinct.weights[point]! - 1 : distinct.weights[point]!
      const isLast = entry + 1 === first + k || old.found.taken[entry + 1] === 0
      if (isLast ? old.found.taken[entry]! > weight : old.found.taken[entry] !== weight) return false
      kSquaredDistance = old.found.squaredDistance[entry]!
    }
    // A copy of the point itself that came is at distance 0, but in no entry when the point was single.
    if (distinct.weights[now] !== old.distinct.weights[before]) return false
    const row = rowOf(distinct.points, now)
    return unknown.every((point) => squaredDistance(row, distinct.points.values, point * columnCount, kSquaredDistance) > kSquaredDistance)
  }

  const found = emptyNeighbourhoods(distinct, k)
  for (const [place, point] of search.order.entries()) {
    if (place % pointsPerStep === pointsPerStep - 1) yield
    const before = oldPointOf[point]!
    if (before === nothing || !stays(before, point)) {
      keep(found, point, k, nearestOf(point, distinct, search, k))
      continue
    }
    for (let entry = 0; entry < k; entry += 1) {
      const taken = old.found.taken[before * k + entry]!
      if (taken === 0) break
      found.taken[point * k + entry] = taken
      found.point[point * k + entry] = newPointOf[old.found.point[before * k + entry]!]!
      found.squaredDistance[point * k + entry] = old.found.squaredDistance[before * k + entry]!
    }
  }
  yield
  return detectorOf({ reference, neighbours: old.neighbours, k, distinct, search, found })
}

function checkNumbers(reference: DataMatrix) {
  checkReference(reference, farthest)
  if (reference.rowCount > most.rows) throw new RangeError(`${reference.rowCount} reference rows, at most ${most.rows} are possible`)
}

const emptyNeighbourhoods = ({ points }: DistinctRows, k: number): Neighbourhoods => ({
  point: new Uint32Array(points.rowCount * k),
  squaredDistance: new Float64Array(points.rowCount * k),
  taken: new Uint32Array(points.rowCount * k),
})

const nearestOf = (point: number, { points }: DistinctRows, search: NeighbourSearch, k: number) =>
  search.nearest(points.values, point * points.columnCount, k, point)

function keep(found: Neighbourhoods, point: number, k: number, near: Neighbours) {
  for (let entry = 0; entry < near.length; entry += 1) {
    found.point[point * k + entry] = near.point[entry]!
    found.squaredDistance[point * k + entry] = near.squaredDistance[entry]!
    found.taken[point * k + entry] = near.taken[entry]!
  }
}

function kDistancesOf({ squaredDistance, taken }: Neighbourhoods, k: number, pointCount: number): Float64Array {
  const distances = new Float64Array(pointCount)
  for (let point = 0; point < pointCount; point += 1) {
    let last = point * k
    while (last + 1 < (point + 1) * k && taken[last + 1] !== 0) last += 1
    distances[point] = Math.sqrt(squaredDistance[last]!)
  }
  return distances
}

/** Local reachability density: one over the mean of max(distance, the neighbour's own k-distance). */
function density(near: Neighbourhoods, first: number, length: number, kDistances: Float64Array, k: number): number {
  let sum = 0
  for (let entry = first; entry < first + length; entry += 1) {
    const taken = near.taken[entry]!
    if (taken !== 0) sum += taken * Math.max(Math.sqrt(near.squaredDistance[entry]!), kDistances[near.point[entry]!]!)
  }
  return 1 / (sum / k + leastDistance)
}

function meanDensity(near: Neighbourhoods, first: number, length: number, densities: Float64Array, k: number): number {
  let sum = 0
  for (let entry = first; entry < first + length; entry += 1) sum += near.taken[entry]! * densities[near.point[entry]!]!
  return sum / k
}
