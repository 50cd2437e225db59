import { logNormalTail } from '../normal-distribution.ts'

/** What was spent so far, and what it guarantees: whether a member took part changes the odds of any outcome at most e^epsilon-fold, but with probability delta. */
export interface PrivacyBudget {
  /** Infinity: no noise, so no such guarantee. */
  readonly epsilon: number
  readonly delta: number
  readonly rounds: number
  readonly noiseMultiplier: number
}

/** Beyond this, nobody would call it privacy. */
const epsilonMax = 500

/**
 * The (ε, δ) of rounds of the Gaussian mechanism in each of which every member takes part, exact: `rounds` releases with noise σ are one of noise
 * σ / √rounds, and δ(ε) = Φ(μ/2 − ε/μ) − e^ε Φ(−μ/2 − ε/μ) with μ = √rounds / σ (Balle & Wang 2018; Dong, Roth & Su 2022). A member is a whole
 * tenant: the guarantee is for all of its data at once.
 */
export function privacyBudget(noiseMultiplier: number, rounds: number, delta: number): PrivacyBudget {
  if (!(delta > 0 && delta < 1)) throw new RangeError('delta must lie between 0 and 1')
  const told = { delta, rounds, noiseMultiplier }
  if (rounds === 0) return { epsilon: 0, ...told }
  if (!(noiseMultiplier > 0)) return { epsilon: Infinity, ...told }
  const mu = Math.sqrt(rounds) / noiseMultiplier
  const deltaOf = (epsilon: number) => Math.exp(logNormalTail(epsilon / mu - mu / 2)) - Math.exp(epsilon + logNormalTail(epsilon / mu + mu / 2))
  if (deltaOf(epsilonMax) > delta) return { epsilon: Infinity, ...told }
  let low = 0
  let high = epsilonMax
  for (let step = 0; step < 100; step += 1) {
    const middle = (low + high) / 2
    if (deltaOf(middle) > delta) low = middle
    else high = middle
  }
  return { epsilon: high, ...told }
}
