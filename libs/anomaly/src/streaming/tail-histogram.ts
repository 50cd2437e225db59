/**
 * How often magnitudes of which size came, in bins 8 % wide, the largest first; sizes differ in ratio, so it fits values of
 * any scale. Plain JSON of at most `binsMax` bins, never changed in place.
 */
export interface TailHistogram {
  /** Bin numbers, falling. */
  readonly bins: readonly number[]
  readonly counts: readonly number[]
  readonly total: number
}

export const emptyTail: TailHistogram = { bins: [], counts: [], total: 0 }

/** The lowest bin takes what would need one more: how small the small ones are doesn't matter. */
export const binsMax = 128

const binWidth = Math.log(1.08)
const zeroBin = -10_000

/** Fewer say nothing of what is rare. */
const leastTotal = 50

/** At this total all counts are halved, and what came once long ago is forgotten, so that old extremes don't hide new ones for ever. */
const totalMax = 10_000
const leastCount = 0.3

/** The largest 2 % are the tail: beyond it a curve is fitted, as counts end where history ends. */
const tailShare = 0.02

/** One excess of 30 % is assumed before any was seen. */
const priorExcess = 0.3

const surpriseMax = 12

/**
 * −log₁₀ of how likely a magnitude as large as this is, by what came before: 0 is common, 3 once in a thousand, 12 at most.
 *
 * Within the body it is the share of larger ones, the conformal p-value (Laxhammar & Falkman 2010). In the tail, peaks over
 * a threshold (Siffer et al. 2017, "Anomaly Detection in Streams with Extreme Value Theory"): halfway, on the log scale, between an exponential tail by
 * the mean excess and a Pareto tail by Hill's estimator (1975), as metrics lie between the two and neither errs far.
 * @param magnitude at least 0
 */
export function surprise({ bins, counts, total }: TailHistogram, magnitude: number): number {
  if (total < leastTotal) return 0
  const bin = binOf(magnitude)
  let tailBins = 0
  let tailCount = 0
  while (tailBins < bins.length - 1 && tailCount + counts[tailBins]! <= tailShare * total) tailCount += counts[tailBins++]!
  if (bin <= bins[tailBins]!) return Math.max(0, -Math.log10((larger(bins, counts, bin) + 0.5) / (total + 1)))

  const threshold = Math.exp((bins[tailBins]! + 1) * binWidth)
  let excess = priorExcess * threshold
  let logExcess = priorExcess
  for (let index = 0; index < tailBins; index += 1) {
    const middle = Math.exp((bins[index]! + 0.5) * binWidth)
    excess += counts[index]! * (middle - threshold)
    logExcess += counts[index]! * Math.log(middle / threshold)
  }
  const exponential = (magnitude - threshold) / (excess / (tailCount + 1))
  const pareto = Math.log(magnitude / threshold) / (logExcess / (tailCount + 1))
  const logShare = Math.log((tailCount + 1) / (total + 1))
  return Math.min(surpriseMax, Math.max(0, ((exponential + pareto) / 2 - logShare) / Math.LN10))
}

/** The histogram with one magnitude more. */
export function learnMagnitude({ bins, counts, total }: TailHistogram, magnitude: number): TailHistogram {
  const bin = binOf(magnitude)
  let index = 0
  while (index < bins.length && bins[index]! > bin) index += 1
  const nextCounts = counts.slice()
  let nextBins = bins
  if (bins[index] === bin) nextCounts[index]! += 1
  else if (index === binsMax) nextCounts[binsMax - 1]! += 1
  else {
    nextBins = bins.toSpliced(index, 0, bin)
    nextCounts.splice(index, 0, 1)
    if (nextBins.length > binsMax) {
      nextBins = nextBins.slice(0, binsMax)
      nextCounts[binsMax - 1]! += nextCounts.pop()!
    }
  }
  const grown = { bins: nextBins, counts: nextCounts, total: total + 1 }
  return grown.total < totalMax ? grown : halved(grown)
}

function halved({ bins, counts }: TailHistogram): TailHistogram {
  const kept = bins.map((bin, index) => ({ bin, count: counts[index]! / 2 })).filter(({ count }) => count >= leastCount)
  return {
    bins: kept.map(({ bin }) => bin),
    counts: kept.map(({ count }) => count),
    total: kept.reduce((sum, { count }) => sum + count, 0),
  }
}

/** How many came in higher bins, half of its own among them. */
function larger(bins: readonly number[], counts: readonly number[], bin: number): number {
  let count = 0
  let index = 0
  while (index < bins.length && bins[index]! > bin) count += counts[index++]!
  return bins[index] === bin ? count + counts[index]! / 2 : count
}

function binOf(magnitude: number): number {
  return magnitude > 0 ? Math.max(zeroBin, Math.floor(Math.log(magnitude) / binWidth)) : zeroBin
}
