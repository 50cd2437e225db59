import { standardNormals } from './standard-normals.ts'

/** Numbers that look random and repeat exactly: the only source of chance for what is trained. */
export interface SeededRandom {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number
  /** Uniform whole number in [0, bound). */
  below(bound: number): number
  /** Standard normal (Box & Muller 1958). */
  normal(): number
  /** Puts the items in random order, in place (Durstenfeld 1964). */
  shuffle(items: Uint32Array | number[]): void
}

/** xoshiro128** (Blackman & Vigna 2018), its state filled by splitmix32. @param seed any whole number; taken modulo 2³² */
export function seededRandom(seed: number): SeededRandom {
  let mixed = seed >>> 0
  const split = () => {
    mixed = (mixed + 0x9e3779b9) >>> 0
    let z = mixed
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  let [a, b, c, d] = [split(), split(), split(), split()]
  const next = () => {
    const times5 = Math.imul(b, 5)
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result
  }
  const uniform = () => ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992
  return {
    uniform,
    below: (bound) => Math.floor(uniform() * bound),
    normal: standardNormals(uniform),
    shuffle(items) {
      for (let last = items.length - 1; last > 0; last -= 1) {
        const chosen = Math.floor(uniform() * (last + 1))
        const kept = items[last]!
        items[last] = items[chosen]!
        items[chosen] = kept
      }
    },
  }
}
