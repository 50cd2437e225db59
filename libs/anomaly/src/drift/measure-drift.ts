/** A column, or the scores, of what a model was trained on beside what it meets: how many values lie in each bin. */
export interface BinnedPair {
  readonly trained: readonly number[]
  readonly live: readonly number[]
}

/** Half a value for an empty bin: a share of nothing would make the index infinite for a single value out of place. */
const emptyBinCount = 0.5

/**
 * Population stability index, Σ (live − trained) · ln(live / trained) over the shares of the bins: a symmetrised Kullback–Leibler divergence
 * (Kullback & Leibler 1951; Siddiqi 2006 for its use in credit scoring, where 0.1 is worth a look and 0.25 a change).
 */
export function populationStabilityIndex({ trained, live }: BinnedPair): number {
  const shares = (counts: readonly number[]) => {
    const filled = counts.map((count) => Math.max(count, emptyBinCount))
    const total = filled.reduce((sum, count) => sum + count, 0)
    return filled.map((count) => count / total)
  }
  const expected = shares(trained)
  return shares(live).reduce((sum, share, bin) => sum + (share - expected[bin]!) * Math.log(share / expected[bin]!), 0)
}

/** Kolmogorov–Smirnov distance: the largest gap between the two distribution functions, at the bins' bounds; so never more than that of the values. */
export function ksDistance({ trained, live }: BinnedPair): number {
  const trainedTotal = sumOf(trained)
  const liveTotal = sumOf(live)
  if (trainedTotal === 0 || liveTotal === 0) return 0
  let gap = 0
  let trainedBelow = 0
  let liveBelow = 0
  for (const [bin, count] of trained.entries()) {
    trainedBelow += count
    liveBelow += live[bin]!
    gap = Math.max(gap, Math.abs(trainedBelow / trainedTotal - liveBelow / liveTotal))
  }
  return gap
}

/** The distance that two samples of one distribution exceed with probability `alpha`, for large samples (Smirnov 1948). */
export function ksCriticalDistance(trainedCount: number, liveCount: number, alpha: number): number {
  return Math.sqrt((-Math.log(alpha / 2) / 2) * ((trainedCount + liveCount) / (trainedCount * liveCount)))
}

export interface DriftLimits {
  readonly psiMin: number
  /** A distance below this is no drift, however sure: with many values the smallest difference is beyond chance. */
  readonly ksMin: number
  /** How often chance alone may exceed the Kolmogorov–Smirnov limit. */
  readonly ksAlpha: number
  /** With fewer live values nothing is said. */
  readonly liveMin: number
}

export const driftLimits: DriftLimits = { psiMin: 0.25, ksMin: 0.15, ksAlpha: 0.001, liveMin: 200 }

/** One measure of a column, and from which value on it counts as drift. */
export interface Drift {
  readonly measure: 'psi' | 'ks'
  readonly value: number
  readonly limit: number
}

/** Both measures of a column with their limits; empty when too little was seen to say. */
export function measureDrift(pair: BinnedPair, limits: DriftLimits = driftLimits): Drift[] {
  const trainedCount = sumOf(pair.trained)
  const liveCount = sumOf(pair.live)
  if (liveCount < limits.liveMin || trainedCount === 0) return []
  // The index of two samples of one distribution is about (bins − 1)(1/n + 1/m) for no reason at all; twice that is left to chance.
  const chance = 2 * (pair.trained.length - 1) * (1 / trainedCount + 1 / liveCount)
  return [
    { measure: 'psi', value: populationStabilityIndex(pair), limit: Math.max(limits.psiMin, chance) },
    { measure: 'ks', value: ksDistance(pair), limit: Math.max(limits.ksMin, ksCriticalDistance(trainedCount, liveCount, limits.ksAlpha)) },
  ]
}

/** What of a column has drifted; empty when nothing has, or when too little was seen to say. */
export function driftOf(pair: BinnedPair, limits: DriftLimits = driftLimits): Drift[] {
  return measureDrift(pair, limits).filter(({ value, limit }) => value >= limit)
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
