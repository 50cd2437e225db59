import { driftLimits, ksDistance, measureDrift, populationStabilityIndex, type Drift } from '@ott/anomaly/drift/measure-drift'
import type { ValueBins } from '@ott/anomaly/drift/value-bins'
import { windowedFactorNames } from '@ott/anomaly/factor-windows'
import type { ReferenceSpread } from '../scoring/servable-model.ts'

/** The place of the scores among live counts, beside the columns from 0. */
export const scoresPlace = -1

/** What came of a comparison. The last two: the champion brought nothing to compare with, or nothing that fits what it scores. */
export const driftOutcomes = ['stable', 'drifted', 'too-few', 'no-reference', 'unreadable-reference'] as const
export type DriftOutcome = (typeof driftOutcomes)[number]

/** How one column, or the scores, compares with the training. */
export interface DriftOfColumn {
  /** Null: the scores. */
  readonly feature: string | null
  readonly observations: number
  /** 0 where nothing was seen, as `ks`. */
  readonly psi: number
  readonly ks: number
  /** From which value on it counts as drift; null where too little was seen to say. */
  readonly psiLimit: number | null
  readonly ksLimit: number | null
  /** What is beyond its limit. */
  readonly drifts: readonly Drift[]
}

export interface DriftJudgement {
  readonly outcome: DriftOutcome
  /** Active hours of viewers that were scored. */
  readonly observations: number
  /** The columns, then the scores; empty where nothing could be compared. */
  readonly columns: readonly DriftOfColumn[]
}

/** From which value on something counts as drift; a column of few values has a higher limit. */
export interface OwnLimits {
  readonly psiLimit: number
  readonly ksLimit: number
}

/** Where a tenant set none: those of {@link driftLimits}. */
export const usualLimits: OwnLimits = { psiLimit: driftLimits.psiMin, ksLimit: driftLimits.ksMin }

/** Compares what a version met with what it was trained on. Pure. @param live counts by bin, by column and {@link scoresPlace} */
export function judgeDrift(reference: ReferenceSpread | undefined, live: ReadonlyMap<number, readonly number[]>, { psiLimit, ksLimit }: OwnLimits = usualLimits): DriftJudgement {
  if (reference === undefined) return { outcome: 'no-reference', observations: 0, columns: [] }
  if (!isReadable(reference)) return { outcome: 'unreadable-reference', observations: 0, columns: [] }
  const limits = { ...driftLimits, psiMin: psiLimit, ksMin: ksLimit }
  const compare = (feature: string | null, trained: readonly number[], counts: readonly number[] = trained.map(() => 0)): DriftOfColumn => {
    const pair = { trained, live: counts }
    const observations = counts.reduce((sum, count) => sum + count, 0)
    const measured = measureDrift(pair, limits)
    const limitOf = (measure: Drift['measure']) => measured.find((each) => each.measure === measure)?.limit ?? null
    return {
      ...{ feature, observations },
      // The index of nothing would be one of bins that are all taken for half full.
      psi: observations === 0 ? 0 : populationStabilityIndex(pair),
      ks: ksDistance(pair),
      ...{ psiLimit: limitOf('psi'), ksLimit: limitOf('ks'), drifts: measured.filter(({ value, limit }) => value >= limit) },
    }
  }
  const scores = compare(null, reference.scores.counts, live.get(scoresPlace))
  const columns = [...windowedFactorNames.map((feature, column) => compare(feature, reference.columns[column]!.counts, live.get(column))), scores]
  const isDrifted = columns.some(({ drifts }) => drifts.length > 0)
  const isJudged = columns.some(({ psiLimit: limit }) => limit !== null)
  return { outcome: isDrifted ? 'drifted' : isJudged ? 'stable' : 'too-few', observations: scores.observations, columns }
}

/** Whether a reference has bins for every column of today's rows and for the scores, and bins that values can be sorted into. */
export function isReadable({ columns, scores }: ReferenceSpread): boolean {
  const isSound = ({ bounds, counts }: ValueBins) => counts.length === bounds.length + 1 && bounds.every((bound, at) => at === 0 || bound > bounds[at - 1]!) && counts.some((count) => count > 0)
  return columns.length === windowedFactorNames.length && [...columns, scores].every(isSound)
}
