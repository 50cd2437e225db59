import { rowOf, type DataMatrix } from '@ott/anomaly/data-matrix'
import { seededRandom, type SeededRandom } from '@ott/anomaly/seeded-random'
import type { LabelledTable } from './read-table.ts'

export interface ShiftedSplit {
  readonly train: LabelledTable
  readonly test: LabelledTable
}

const iterations = 10
const most = { anomalies: 1_500, ordinary: 3_000 }

/**
 * Splits labelled rows into a training and a test part that differ as a later time would: of `clusters` kinds of anomalies (k-means on
 * standardised columns) two fifths occur in the test part only, and rare kinds come up; ordinary rows of the test part are drawn from
 * their regions with other weights than the training part's. No row is in both parts.
 */
export function shiftedSplit(table: LabelledTable, { clusters, seed }: { readonly clusters: number; readonly seed: number }): ShiftedSplit {
  const random = seededRandom(seed)
  const all = Array.from({ length: table.rows.rowCount }, (_, row) => row)
  const anomalies = all.filter((row) => table.labels[row] === 1)
  const ordinary = all.filter((row) => table.labels[row] === 0)
  const kindOf = clustersOf(table.rows, anomalies, clusters, random)
  const regionOf = clustersOf(table.rows, ordinary, clusters, random)

  const kinds = Array.from({ length: clusters }, (_, kind) => kind)
  random.shuffle(kinds)
  const novel = new Set(kinds.slice(0, Math.floor(clusters * 0.4)))
  const sizes = kinds.map((_, kind) => Math.max(1, kindOf.filter((one) => one === kind).length))
  const isHeld = anomalies.map((_, place) => novel.has(kindOf[place]!) || random.uniform() < 0.25)
  const weightOf = (place: number) => (novel.has(kindOf[place]!) ? 1 : 4) / Math.sqrt(sizes[kindOf[place]!]!)
  const heldPlaces = anomalies.map((_, place) => place).filter((place) => isHeld[place])
  const testAnomalies = drawn(heldPlaces, weightOf, most.anomalies, random).map((place) => anomalies[place]!)

  const weights = kinds.map(() => Math.exp(0.8 * random.normal()))
  const heldOrdinary = ordinary.map(() => random.uniform() < 0.3)
  const ordinaryPlaces = ordinary.map((_, place) => place).filter((place) => heldOrdinary[place])
  const testOrdinary = drawn(ordinaryPlaces, (place) => weights[regionOf[place]!]!, most.ordinary, random).map((place) => ordinary[place]!)
  return {
    train: part(table, [...anomalies.filter((_, place) => !isHeld[place]), ...ordinary.filter((_, place) => !heldOrdinary[place])]),
    test: part(table, [...testAnomalies, ...testOrdinary]),
  }
}

/** Lloyd's k-means, begun at random rows. @returns the cluster of each of the given rows */
function clustersOf(rows: DataMatrix, given: readonly number[], count: number, random: SeededRandom): Uint32Array {
  const { columnCount } = rows
  const scales = Float64Array.from({ length: columnCount }, (_, column) => spread(given.map((row) => rowOf(rows, row)[column]!)))
  const points = given.map((row) => rowOf(rows, row).map((value, column) => value / scales[column]!))
  let centres = Array.from({ length: count }, () => points[random.below(points.length)]!)
  const of = new Uint32Array(points.length)
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const sums = centres.map(() => new Float64Array(columnCount))
    const counts = new Uint32Array(count)
    for (const [place, point] of points.entries()) {
      const distances = centres.map((centre) => centre.reduce((sum, value, column) => sum + (value - point[column]!) ** 2, 0))
      const nearest = distances.indexOf(Math.min(...distances))
      of[place] = nearest
      counts[nearest]! += 1
      for (let column = 0; column < columnCount; column += 1) sums[nearest]![column]! += point[column]!
    }
    centres = centres.map((centre, cluster) => (counts[cluster] === 0 ? centre : sums[cluster]!.map((sum) => sum / counts[cluster]!)))
  }
  return of
}

function spread(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1
}

/** Draws with replacement, by weight. */
function drawn(places: readonly number[], weightOf: (place: number) => number, count: number, random: SeededRandom): number[] {
  const ends: number[] = []
  let total = 0
  for (const place of places) {
    total += weightOf(place)
    ends.push(total)
  }
  return Array.from({ length: count }, () => {
    const at = random.uniform() * total
    let [low, high] = [0, ends.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (ends[middle]! <= at) low = middle + 1
      else high = middle
    }
    return places[low]!
  })
}

function part({ columns, rows, labels }: LabelledTable, kept: readonly number[]): LabelledTable {
  const values = new Float64Array(kept.length * rows.columnCount)
  for (const [place, row] of kept.entries()) values.set(rowOf(rows, row), place * rows.columnCount)
  return { columns, rows: { values, rowCount: kept.length, columnCount: rows.columnCount }, labels: Uint8Array.from(kept, (row) => labels[row]!) }
}
