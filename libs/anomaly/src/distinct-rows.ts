import type { DataMatrix } from './data-matrix.ts'

export interface DistinctRows {
  /** Each different row once, in an order that depends on nothing but their values, and looks random. */
  readonly points: DataMatrix
  /** How many rows there are of each point. */
  readonly weights: Uint32Array
  /** The point that a row is, rows in the order given. */
  readonly pointOf: Uint32Array
}

/**
 * Takes equal rows together. The points don't depend on the order of the rows. They are ordered by a hash: whoever prefers the first of
 * equally good points must prefer neither small nor large values.
 */
export function distinctRows({ values, rowCount, columnCount }: DataMatrix): DistinctRows {
  const hashes = rowHashes(values, columnCount, rowCount)
  const compare = (left: number, right: number) => {
    if (hashes[left] !== hashes[right]) return hashes[left]! - hashes[right]!
    for (let column = 0; column < columnCount; column += 1) {
      const difference = values[left * columnCount + column]! - values[right * columnCount + column]!
      if (difference !== 0) return difference
    }
    return 0
  }
  const order = Uint32Array.from({ length: rowCount }, (_, row) => row).sort(compare)
  const pointOf = new Uint32Array(rowCount)
  const firsts: number[] = []
  const weights: number[] = []
  for (let place = 0; place < rowCount; place += 1) {
    const row = order[place]!
    if (place === 0 || compare(order[place - 1]!, row) !== 0) {
      firsts.push(row)
      weights.push(0)
    }
    weights[firsts.length - 1]! += 1
    pointOf[row] = firsts.length - 1
  }
  const points = { values: new Float64Array(firsts.length * columnCount), rowCount: firsts.length, columnCount }
  for (const [point, row] of firsts.entries()) {
    points.values.set(values.subarray(row * columnCount, (row + 1) * columnCount), point * columnCount)
  }
  return { points, weights: Uint32Array.from(weights), pointOf }
}

/** Equal rows, 0 and −0 among them, have equal hashes (the mixing of MurmurHash3, Appleby 2011). */
function rowHashes(values: Float64Array, columnCount: number, rowCount: number): Uint32Array {
  const number = new Float64Array(1)
  const words = new Uint32Array(number.buffer)
  const hashes = new Uint32Array(rowCount)
  for (let row = 0; row < rowCount; row += 1) {
    let hash = 0
    for (let column = 0; column < columnCount; column += 1) {
      number[0] = values[row * columnCount + column]! + 0
      for (const word of words) {
        const scrambled = Math.imul(word, 0xcc9e2d51)
        hash ^= Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593)
        hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
      }
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hashes[row] = hash ^ (hash >>> 16)
  }
  return hashes
}
