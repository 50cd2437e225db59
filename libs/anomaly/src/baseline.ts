import { riskFactorNames, type RiskFactorName } from '@ott/contracts/event-scored'
import { riskFactors, type FactorValues, type RiskFactor } from './risk-factors.ts'

/** What is normal for one factor in a tenant's population. */
export interface FactorBaseline {
  /** Viewer-hours by bin of value; see {@link binOf}. Trailing empty bins aren't held. */
  readonly counts: readonly number[]
  /** Sum of the counts. */
  readonly total: number
  /** Median, on the factor's scale. */
  readonly centre: number
  /** 1.4826 · MAD within the factor's bounds, on the factor's scale; never 0. */
  readonly scale: number
}

/** What is normal for a tenant's viewers: plain JSON of bounded size, never changed in place. */
export type Baseline = Readonly<Record<RiskFactorName, FactorBaseline>>

/** Makes the MAD of a normal distribution its standard deviation: 1 / Φ⁻¹(3/4) (Rousseeuw & Croux 1993). */
const madToDeviation = 1.4826

/** A modified z-score above this marks an outlier (Iglewicz & Hoaglin 1993). */
export const outlierZ = 3.5

/** Where `outlierFrom` comes to lie at the least; a little above {@link outlierZ}, so that rounding can't undo it. */
const certainOutlierZ = 3.6

/** The prior: this many viewer-hours in which nothing happened. A tenant starts there, and it fades with its own. */
const priorHours = 100

/** When this many viewer-hours are held, all counts are halved: the older, the lighter. */
const hoursMax = 50_000

/** Centre and scale are taken anew each time so many viewer-hours have come: one changes next to nothing. */
const summaryEvery = 16

/** Bins are 10 % wide, so a median is known to 5 %; the last one holds all that is larger. */
const binWidth = 0.1
const binsMax = 200

/** Bin of a value in the factor's unit: whole numbers up to 9 have a bin each, then bins widen with the value. */
function binOf(value: number, { resolution }: RiskFactor): number {
  return Math.min(binsMax - 1, Math.round(Math.log1p(value / resolution) / binWidth))
}

/** The middle of each bin, on the factor's scale. */
const binMiddles = byFactor((name) => {
  const factor = riskFactors[name]
  return Array.from({ length: binsMax }, (_, bin) => factor.scaled(Math.expm1(bin * binWidth) * factor.resolution))
})

/** What is taken for normal before anything was learned: nothing happens, with the least spread. */
export const priorBaseline: Baseline = byFactor((name) => summarised(name, [priorHours], priorHours))

/**
 * The baseline with one more viewer-hour. Feed it what `lessonOf` gives, not every event: an hour of a subject then
 * weighs the same whether it held one event or a flood. Half of all subjects must misbehave to move a median, and
 * the factors' bounds hold even then.
 */
export function learn(baseline: Baseline, factors: FactorValues): Baseline {
  return byFactor((name) => {
    const { counts: before, total, centre, scale } = baseline[name]
    const bin = binOf(factors[name], riskFactors[name])
    const counts = before.slice()
    while (counts.length <= bin) counts.push(0)
    counts[bin]! += 1
    if (total + 1 > hoursMax) return halved(name, counts)
    return (total + 1) % summaryEvery === 0 ? summarised(name, counts, total + 1) : { counts, total: total + 1, centre, scale }
  })
}

function summarised(name: RiskFactorName, counts: readonly number[], total: number): FactorBaseline {
  const { scaled, scaleMin, outlierFrom } = riskFactors[name]
  const middles = binMiddles[name]
  const half = total / 2
  let medianBin = 0
  for (let below = counts[0] ?? 0; below < half; below += counts[medianBin] ?? 0) medianBin += 1
  const median = middles[medianBin]!
  const outlier = scaled(outlierFrom)
  // Bounds that no population can teach away: the centre stays in the lower half, and outlierFrom an outlier.
  const centre = Math.min(median, outlier / 2)
  const scale = Math.max(scaleMin, madToDeviation * medianDeviation(counts, middles, medianBin, half))
  return { counts, total, centre, scale: Math.min(scale, (outlier - centre) / certainOutlierZ) }
}

/** Median of the distances to the median bin: walks outward from it, the nearer side first. */
function medianDeviation(counts: readonly number[], middles: readonly number[], medianBin: number, half: number): number {
  const median = middles[medianBin]!
  let within = counts[medianBin] ?? 0
  let deviation = 0
  let lower = medianBin - 1
  let upper = medianBin + 1
  while (within < half) {
    const below = lower >= 0 ? median - middles[lower]! : Infinity
    const above = upper < counts.length ? middles[upper]! - median : Infinity
    deviation = Math.min(below, above)
    within += counts[below <= above ? lower-- : upper++] ?? 0
  }
  return deviation
}

/** Whole numbers stay whole, so that a saved baseline stays short. */
function halved(name: RiskFactorName, counts: readonly number[]): FactorBaseline {
  const next = counts.map((count) => Math.floor(count / 2))
  while (next.length > 1 && next.at(-1) === 0) next.pop()
  return summarised(name, next, next.reduce((sum, count) => sum + count, 0))
}

function byFactor<T>(of: (name: RiskFactorName) => T): Record<RiskFactorName, T> {
  const result = {} as Record<RiskFactorName, T>
  for (const name of riskFactorNames) result[name] = of(name)
  return result
}
