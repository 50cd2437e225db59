import type { GateFigures, ModelVersion } from './model-version.ts'

/** How much worse than the champion's a metric may be, in the metric's own unit. */
export const toleranceDefault = 0.01
export const toleranceMax = 0.1

export interface GateVerdict {
  /** Undefined where there is nothing that could be compared: no metric is named. */
  readonly figures: GateFigures | undefined
  /** One sentence with the metric and its figures; undefined when the version may be promoted. */
  readonly refusal: string | undefined
}

type Validated = Pick<ModelVersion, 'version' | 'training'>

/**
 * Whether a version validates well enough to take the champion's place: its validation metric must be there, and not be worse than the
 * champion's by more than the tolerance. The candidate names the metric; a champion without it can't be compared. Where there is no champion
 * the metric must be there all the same. What is no better than chance is refused in either case.
 */
export function judgePromotion(candidate: Validated, champion: Validated | undefined, tolerance: number): GateVerdict {
  const { validation } = candidate.training
  if (validation === undefined) return { figures: undefined, refusal: `version ${candidate.version} was not validated: it names no validation metric` }
  const { metric, better } = validation
  const valueOf = (of: Validated | undefined) => (of !== undefined && Object.hasOwn(of.training.metrics, metric) ? finite(of.training.metrics[metric]) : null)
  const figures: GateFigures = { metric, better, candidate: valueOf(candidate), champion: valueOf(champion), championVersion: champion?.version ?? null, tolerance }
  const own = figures.candidate
  if (own === null) return { figures, refusal: `version ${candidate.version} was not validated: it has no ${metric}` }
  const { worst } = validation
  if (worst !== undefined && (better === 'higher' ? own < worst : own > worst)) {
    return { figures, refusal: `${metric} is ${shown(own)}, and with ${better === 'higher' ? 'less' : 'more'} than ${shown(worst)} nothing is promoted` }
  }
  if (champion === undefined) return { figures, refusal: undefined }
  if (figures.champion === null) return { figures, refusal: `the champion, version ${champion.version}, has no ${metric} to compare with` }
  const worseBy = better === 'higher' ? figures.champion - own : own - figures.champion
  // A difference of rounding alone is none.
  if (worseBy <= tolerance + 1e-12) return { figures, refusal: undefined }
  return {
    figures,
    refusal: `${metric} is ${shown(own)} and the champion's, version ${champion.version}, ${shown(figures.champion)}: worse by ${shown(worseBy)}, and ${tolerance} is tolerated`,
  }
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}

function shown(value: number): string {
  return String(Number(value.toPrecision(6)))
}
