import type { DetectorKind } from './detector.ts'
import { rankAgreement } from './ensemble-metrics.ts'

/**
 * Weights where nothing is known of a tenant's data, fitted on ten public sets (ADBench, Han et al. 2022): the forest leads, the others correct
 * it. Half the statistical weight that gave the best mean, as that lost most on one set. Equal weights are worse than the forest alone.
 */
export const defaultWeights: Readonly<Record<DetectorKind, number>> = { iforest: 0.7, lof: 0.05, statistical: 0.25 }

/** Fewer labels of either kind leave the weights as they are. */
export const leastLabels = 20
/** Labels of the rarer kind that halve the pull towards the given weights. */
const labelTrust = 50
const pullWithoutLabels = 0.02
const rounds = 400
const momentum = 0.9

/** −ln tail shares of the same rows by one detector (see calibrate.ts). */
type Surprises = ArrayLike<number>

/** Σ weight · surprise: Fisher's way to combine tail shares (1932), weighted (Good 1955). */
export function fuseSurprises(weights: ArrayLike<number>, surprises: ArrayLike<number>): number {
  let sum = 0
  for (let member = 0; member < weights.length; member += 1) sum += weights[member]! * surprises[member]!
  return sum
}

/**
 * Weights for one tenant's data without labels: the given ones times the square of each detector's rank correlation with the detector that
 * agrees with it best. A detector that agrees with no other on these rows is taken for noise and gets (nearly) none.
 * @returns none negative, of sum 1; the given weights when no two detectors agree
 */
export function weightsByAgreement(surprises: readonly Surprises[], prior: readonly number[]): number[] {
  if (surprises.length < 2) return normalised(prior)
  const agreed = prior.map((weight, member) => {
    const best = Math.max(0, ...surprises.flatMap((other, index) => (index === member ? [] : [rankAgreement(surprises[member]!, other)])))
    return weight * best ** 2
  })
  return agreed.every((weight) => weight === 0) ? normalised(prior) : normalised(agreed)
}

/**
 * Weights that tell labelled rows apart: logistic regression with both kinds of rows counting alike, coefficients not negative and drawn
 * towards the given weights, the less the more labels there are. Projected gradient descent with
 * momentum (Polyak 1964) and a fixed number of steps.
 * @param labels 1 for an anomaly, 0 for an ordinary row, anything else for not known
 * @returns none negative, of sum 1; the given weights with fewer than 20 labels of either kind
 */
export function weightsByLabels(surprises: readonly Surprises[], labels: ArrayLike<number>, prior: readonly number[]): number[] {
  const start = normalised(prior)
  const known = Array.from({ length: labels.length }, (_, row) => row).filter((row) => labels[row] === 0 || labels[row] === 1)
  const positives = known.filter((row) => labels[row] === 1).length
  const fewest = Math.min(positives, known.length - positives)
  if (fewest < leastLabels) return start
  const scale = Math.max(Number.MIN_VALUE, ...surprises.map((of) => meanSquareRoot(of, known)))
  const columns = surprises.map((of) => Float64Array.from(known, (row) => of[row]! / scale))
  const isPositive = known.map((row) => labels[row] === 1)
  const shareOf = isPositive.map((positive) => 0.5 / (positive ? positives : known.length - positives))

  /** Slopes and intercept that minimise the loss along the gradient that is made of the rows' errors. */
  const descend = (slopes: number[], intercept: number, gradientOf: (errors: Float64Array, slopes: number[]) => number[]) => {
    const errors = new Float64Array(known.length)
    let speeds = slopes.map(() => 0)
    let drifted = 0
    for (let round = 0; round < rounds; round += 1) {
      let drift = 0
      for (let row = 0; row < known.length; row += 1) {
        let logit = intercept
        for (let member = 0; member < slopes.length; member += 1) logit += slopes[member]! * columns[member]![row]!
        errors[row] = shareOf[row]! * (1 / (1 + Math.exp(-logit)) - (isPositive[row] ? 1 : 0))
        drift += errors[row]!
      }
      const gradient = gradientOf(errors, slopes)
      // At the border a slope stops, or it would come back from beyond it late.
      speeds = speeds.map((speed, member) => Math.max(-slopes[member]!, momentum * speed - gradient[member]!))
      slopes = slopes.map((slope, member) => Math.max(0, slope + speeds[member]!))
      drifted = momentum * drifted - drift
      intercept += drifted
    }
    return { slopes, intercept }
  }
  const along = (errors: Float64Array) => columns.map((column) => errors.reduce((sum, error, row) => sum + error * column[row]!, 0))

  // First how steep the given weights want to be, then away from them as far as the labels are worth it.
  const steep = descend(start, 0, (errors) => {
    const slope = along(errors).reduce((sum, part, member) => sum + part * start[member]!, 0)
    return start.map((weight) => slope * weight)
  })
  const pull = pullWithoutLabels / (1 + fewest / labelTrust)
  const fitted = descend(steep.slopes, steep.intercept, (errors, slopes) =>
    along(errors).map((part, member) => part + pull * (slopes[member]! - steep.slopes[member]!)),
  )
  return fitted.slopes.every((slope) => slope === 0) ? start : normalised(fitted.slopes)
}

function meanSquareRoot(values: Surprises, rows: readonly number[]): number {
  return Math.sqrt(rows.reduce((sum, row) => sum + values[row]! ** 2, 0) / rows.length)
}

function normalised(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  if (!(sum > 0) || weights.some((weight) => !(weight >= 0))) throw new RangeError(`weights ${weights.join(', ')}: not all are at least 0 with a sum above 0`)
  return weights.map((weight) => weight / sum)
}
