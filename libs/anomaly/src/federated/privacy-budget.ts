import { logNormalTail } from '../normal-distribution.ts'

/** Rounds of averaging that a member took part in, all with the same noise. */
export interface NoisyRounds {
  readonly rounds: number
  /** Standard deviation of the noise in units of the norm that updates are clipped to; 0: none. */
  readonly noiseMultiplier: number
}

/** What was spent, and what it guarantees: whether a member took part changes the odds of any outcome at most e^epsilon-fold, but with probability delta. */
export interface PrivacyBudget {
  /** Infinity: rounds without noise, or with so little that nobody would call it privacy; then nothing is guaranteed. */
  readonly epsilon: number
  readonly delta: number
  readonly rounds: number
}

/** Beyond this, nobody would call it privacy. */
const epsilonMax = 500

/**
 * The (ε, δ) of rounds of the Gaussian mechanism in each of which the member takes part, exact: rounds with noise σᵢ are one release with
 * μ² = Σ 1 / σᵢ², and δ(ε) = Φ(μ/2 − ε/μ) − e^ε Φ(−μ/2 − ε/μ) (Balle & Wang 2018; Dong, Roth & Su 2022). A member is a whole tenant: the
 * guarantee is for all of its data at once. It is that of real numbers: what the rounding of noise tells (Mironov 2012) isn't counted.
 * @throws RangeError for a delta that isn't between 0 and 1
 */
export function privacyBudget(spent: readonly NoisyRounds[], delta: number): PrivacyBudget {
  if (!(delta > 0 && delta < 1)) throw new RangeError('delta must lie between 0 and 1')
  const taken = spent.filter(({ rounds }) => rounds > 0)
  const rounds = taken.reduce((sum, each) => sum + each.rounds, 0)
  if (rounds === 0) return { epsilon: 0, delta, rounds }
  const mu = Math.sqrt(taken.reduce((sum, each) => sum + each.rounds / each.noiseMultiplier ** 2, 0))
  const deltaOf = (epsilon: number) => Math.exp(logNormalTail(epsilon / mu - mu / 2)) - Math.exp(epsilon + logNormalTail(epsilon / mu + mu / 2))
  if (!Number.isFinite(mu) || deltaOf(epsilonMax) > delta) return { epsilon: Infinity, delta, rounds }
  let low = 0
  let high = epsilonMax
  for (let step = 0; step < 100; step += 1) {
    const middle = (low + high) / 2
    if (deltaOf(middle) > delta) low = middle
    else high = middle
  }
  return { epsilon: high, delta, rounds }
}
