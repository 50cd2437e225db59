import { privacyBudget, type PrivacyBudget } from '@ott/anomaly/federated/privacy-budget'

/** What members agree to when a run begins; kept with the run. */
export interface FederationTerms {
  readonly rounds: number
  /** No member moves the weights further than this in a round, Euclidean. */
  readonly clipNorm: number
  /** Noise on the sum of the members' updates, in units of `clipNorm`; 0: none. */
  readonly noiseMultiplier: number
  /** Chance with which the guarantee fails. */
  readonly delta: number
  /** Days before the run that are learned from. */
  readonly periodDays: number
}

/** Two could each take their own part off the average and see the other's. */
export const membersMin = 3
/** Less than one in the number of tenants anybody has. */
export const delta = 1e-5
export const periodDays = 30

/** Rounds that were, or would be, taken part in. */
export interface SharedRounds {
  readonly rounds: number
  readonly noiseMultiplier: number
}

/**
 * Why a member that has shared these rounds can't take part in a run of these terms; undefined when it can. A bound holds for everything
 * the member ever took part in: what was told can't be taken back.
 */
export function refusalByBudget(epsilonMax: number | null, shared: readonly SharedRounds[], terms: FederationTerms): string | undefined {
  if (epsilonMax === null) return undefined
  const { epsilon } = privacyBudget([...shared, terms], terms.delta)
  if (epsilon <= epsilonMax) return undefined
  return `its epsilon would come to ${shownEpsilon(epsilon)}, above its bound of ${epsilonMax}`
}

/** A budget in words: for logs and reasons. */
export function shownEpsilon(epsilon: number): string {
  return Number.isFinite(epsilon) ? epsilon.toFixed(2) : 'more than any bound'
}

/** As it is told in JSON, which has no infinity: null for no guarantee. */
export function shownBudget({ epsilon, delta: failure, rounds }: PrivacyBudget): { epsilon: number | null; delta: number; rounds: number } {
  return { epsilon: Number.isFinite(epsilon) ? Math.round(epsilon * 1e4) / 1e4 : null, delta: failure, rounds }
}
