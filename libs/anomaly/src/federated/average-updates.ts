import type { SeededRandom } from '../seeded-random.ts'

/** What one member's training changed: new weights less those everyone began with, always in the same order. */
export interface ModelUpdate {
  readonly delta: Float32Array
  /** Rows it was trained on: its weight in the average, where no privacy is asked for. */
  readonly examples: number
}

export interface AveragingOptions {
  /** An update longer than this (Euclidean) is shortened to it: no member moves the model further. */
  readonly clipNorm: number
  /** Standard deviation of the noise added to the sum of updates, in units of `clipNorm`; 0 for none. */
  readonly noiseMultiplier: number
  /** Where the noise comes from. Whoever can repeat it can take it off again: seed it from a secret when it is to protect anybody. */
  readonly random: Pick<SeededRandom, 'normal'>
}

/**
 * The weights after one round of federated averaging (McMahan et al. 2017): only changes of weights come together, never what they were
 * learned from. With noise every member weighs the same, since a weight by examples would tell how many it has, and Gaussian noise of
 * `noiseMultiplier · clipNorm` is added to the sum (McMahan et al. 2018): what that guarantees is in `privacy-budget.ts`.
 * @throws RangeError when there is no update, one has another length than the weights, or one holds what isn't a finite number
 */
export function averageUpdates(weights: Float32Array, updates: readonly ModelUpdate[], { clipNorm, noiseMultiplier, random }: AveragingOptions): Float32Array {
  if (updates.length === 0) throw new RangeError('an average is made of updates, at least one')
  if (!(clipNorm > 0) || !(noiseMultiplier >= 0)) throw new RangeError('clipNorm must be above 0 and noiseMultiplier at least 0')
  const isPrivate = noiseMultiplier > 0
  const sum = new Float64Array(weights.length)
  let weightTotal = 0
  for (const [index, { delta, examples }] of updates.entries()) {
    if (delta.length !== weights.length) throw new RangeError(`update ${index} has ${delta.length} weights, the model ${weights.length}`)
    const norm = Math.sqrt(delta.reduce((squares, value) => squares + value * value, 0))
    if (!Number.isFinite(norm)) throw new RangeError(`update ${index} holds what is no finite number`)
    const weight = isPrivate ? 1 : examples
    const factor = weight * Math.min(1, clipNorm / Math.max(norm, Number.MIN_VALUE))
    for (let at = 0; at < sum.length; at += 1) sum[at]! += factor * delta[at]!
    weightTotal += weight
  }
  if (!(weightTotal > 0)) throw new RangeError('the updates stand on no examples')
  return weights.map((value, at) => value + (sum[at]! + (isPrivate ? noiseMultiplier * clipNorm * random.normal() : 0)) / weightTotal)
}
