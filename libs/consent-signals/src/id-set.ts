/** A set of ids from 1 to 65,535 as a bitmap: 8 KiB at most. */
export class IdSet {
  readonly #bits: Uint8Array

  constructor(ids: readonly number[]) {
    const idMax = ids.reduce((max, id) => Math.max(max, id), 0)
    this.#bits = new Uint8Array((idMax >> 3) + 1)
    for (const id of ids) this.#bits[id >> 3] = (this.#bits[id >> 3] ?? 0) | (1 << (id & 7))
  }

  /** False for anything that is no id. */
  has(id: number): boolean {
    return Number.isInteger(id) && id > 0 && ((this.#bits[Math.floor(id / 8)] ?? 0) & (1 << (id % 8))) !== 0
  }
}

/** The same as first and last ids of ranges: for sets that are mostly one range, of which a string may have hundreds. */
export class IdRanges {
  readonly #ends: Uint16Array

  constructor(ids: readonly number[]) {
    const ends: number[] = []
    for (const id of ids.toSorted((a, b) => a - b)) {
      if (ends.length > 0 && id <= (ends.at(-1) ?? 0) + 1) ends[ends.length - 1] = id
      else ends.push(id, id)
    }
    this.#ends = Uint16Array.from(ends)
  }

  has(id: number): boolean {
    for (let index = 0; index < this.#ends.length; index += 2) {
      if (id <= (this.#ends[index + 1] ?? 0)) return Number.isInteger(id) && id >= (this.#ends[index] ?? 0)
    }
    return false
  }
}
