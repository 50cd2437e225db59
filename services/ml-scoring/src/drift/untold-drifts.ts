import type { Drift } from '@ott/anomaly/drift/measure-drift'
import type { DriftOfColumn } from './judge-drift.ts'

/** What was told of a version on a day: how bad each drift was then, by measure and feature. */
export interface ToldDrifts {
  /** UTC. */
  readonly day: string
  readonly steps: Readonly<Record<string, number>>
}

/** A drift that is worth telling. */
export interface UntoldDrift extends Drift {
  /** Null: the scores. */
  readonly feature: string | null
  readonly observations: number
  /** How bad it is: how often the limit can be doubled before it is over the value. */
  readonly step: number
}

/**
 * Which drifts are news: one that goes on is told once a day, and again on that day when it is twice as bad as was told. One that ended and comes back on the same
 * day no worse isn't. Pure.
 * @param before of the same version; undefined when nothing was told
 */
export function untoldDrifts(columns: readonly DriftOfColumn[], day: string, before: ToldDrifts | undefined): { readonly untold: readonly UntoldDrift[]; readonly told: ToldDrifts } {
  const known = before?.day === day ? before.steps : {}
  const found = columns.flatMap(({ feature, observations, drifts }) => drifts.map((drift): UntoldDrift => ({ ...drift, feature, observations, step: stepOf(drift) })))
  const untold = found.filter((drift) => drift.step > (known[nameOf(drift)] ?? -1))
  return { untold, told: { day, steps: { ...known, ...Object.fromEntries(untold.map((drift) => [nameOf(drift), drift.step])) } } }
}

function stepOf({ value, limit }: Drift): number {
  return Math.max(0, Math.floor(Math.log2(value / limit)))
}

function nameOf({ measure, feature }: UntoldDrift): string {
  return `${measure} ${feature ?? ''}`
}
