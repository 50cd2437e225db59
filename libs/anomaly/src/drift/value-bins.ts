import { firstNotBelow } from '../sorted-numbers.ts'

/** How the values of one column were spread when a model was trained: plain JSON, kept with the model. */
export interface ValueBins {
  /** Upper bounds, ascending; a value belongs to the first bin whose bound isn't below it. The last bin, of all above, has none. */
  readonly bounds: readonly number[]
  /** Values in each bin at training; one more than bounds. */
  readonly counts: readonly number[]
}

/** By default twentieths: fine enough for a shift to show, coarse enough for some hundred live values. */
const binsDefault = 20

/**
 * Bins that hold about equally many of the values each. A value that many share gets a bin of its own, so there may be fewer than asked for.
 * @param values finite numbers, at least one
 */
export function binValues(values: ArrayLike<number>, binsMax = binsDefault): ValueBins {
  const sorted = Float64Array.from(values).sort()
  if (sorted.length === 0 || !Number.isFinite(sorted[0]) || !Number.isFinite(sorted.at(-1))) throw new RangeError('bins are made of finite numbers, at least one')
  const bounds: number[] = []
  for (let bin = 1; bin < binsMax; bin += 1) {
    const bound = sorted[Math.ceil((bin * sorted.length) / binsMax) - 1]!
    if (bound !== sorted.at(-1) && bound !== bounds.at(-1)) bounds.push(bound)
  }
  // A constant column has its value for a bound: whatever rises above it is a change.
  if (bounds.length === 0) bounds.push(sorted.at(-1)!)
  const counts = new Array<number>(bounds.length + 1).fill(0)
  for (const value of sorted) counts[binOf(bounds, value)]! += 1
  return { bounds, counts }
}

/** The bin a value belongs to. */
export function binOf(bounds: readonly number[], value: number): number {
  return firstNotBelow(bounds, value)
}
