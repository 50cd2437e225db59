import { hash } from 'node:crypto'

/** A stream of pseudo-random draws. The same seed gives the same draws, on every machine. Not for secrets. */
export interface Random {
  /** In [0, 1), 32 bits of it. */
  next(): number
  /** A whole number, both ends included. */
  integer(min: number, max: number): number
  /** In [min, max). */
  between(min: number, max: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** One of the items, all equally likely. Throws RangeError when there are none. */
  pick<T>(items: readonly T[]): T
  /** The items in another order; the argument stays as it is. */
  shuffle<T>(items: readonly T[]): T[]
  /** An independent stream: what is drawn from it shifts nothing here, and the other way round. */
  fork(label: string): Random
}

/**
 * Chris Doty-Humphrey's sfc32 ("small fast counting", PractRand 0.94, public domain): 128 bits of state with a
 * 32-bit counter in it, so that no seed has a period below 2^32. The state is seeded from SHA-256 of the text.
 */
export function createRandom(seed: string): Random {
  const digest = hash('sha256', seed, 'buffer')
  let a = digest.readInt32LE(0)
  let b = digest.readInt32LE(4)
  let c = digest.readInt32LE(8)
  let counter = 1

  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 4_294_967_296
  }
  // The author's own warm-up after seeding.
  for (let i = 0; i < 12; i++) next()

  const integer = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    integer,
    between: (min, max) => min + next() * (max - min),
    chance: (probability) => next() < probability,
    pick(items) {
      if (items.length === 0) throw new RangeError('nothing to pick from')
      return items[integer(0, items.length - 1)] as (typeof items)[number]
    },
    shuffle(items) {
      const shuffled = [...items]
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = integer(0, i)
        const moved = shuffled[i] as (typeof items)[number]
        shuffled[i] = shuffled[j] as (typeof items)[number]
        shuffled[j] = moved
      }
      return shuffled
    },
    fork: (label) => createRandom(JSON.stringify([seed, label])),
  }
}
