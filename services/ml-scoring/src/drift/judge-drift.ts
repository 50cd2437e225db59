import { driftOf, ksDistance, populationStabilityIndex, type Drift } from '@ott/anomaly/drift/measure-drift'
import { windowedFactorNames } from '@ott/anomaly/factor-windows'
import type { ReferenceSpread } from '../scoring/servable-model.ts'
import { scoresPlace } from './drift-store.ts'

/** How one column, or the scores, compares with the training. */
export interface DriftOfColumn {
  /** Null: the scores. */
  readonly feature: string | null
  readonly observations: number
  readonly psi: number
  readonly ks: number
  /** What is beyond its limit. */
  readonly drifts: readonly Drift[]
}

/** A version's drift as of a day. */
export interface DriftReport {
  readonly model: string
  readonly version: number
  /** UTC. */
  readonly day: string
  /** RFC 3339. */
  readonly checkedAt: string
  readonly columns: readonly DriftOfColumn[]
}

/** Compares what a version met with what it was trained on, column by column, the scores last. Pure. */
export function judgeDrift(reference: ReferenceSpread, live: ReadonlyMap<number, readonly number[]>): DriftOfColumn[] {
  const compare = (feature: string | null, trained: readonly number[], counts: readonly number[] = trained.map(() => 0)): DriftOfColumn => {
    const pair = { trained, live: counts }
    return { feature, observations: counts.reduce((sum, count) => sum + count, 0), psi: populationStabilityIndex(pair), ks: ksDistance(pair), drifts: driftOf(pair) }
  }
  return [
    ...reference.columns.map(({ counts }, column) => compare(windowedFactorNames[column] ?? `column${column}`, counts, live.get(column))),
    compare(null, reference.scores.counts, live.get(scoresPlace)),
  ]
}
