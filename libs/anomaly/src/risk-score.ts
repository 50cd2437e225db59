import { riskFactorNames, type Risk } from '@ott/contracts/event-scored'
import { outlierZ, type Baseline } from './baseline.ts'
import { riskFactors, type FactorValues } from './risk-factors.ts'

/** Names the formula and its figures: a change of either is a new version. */
export const modelVersion = 'robust-z.v1'

/** The score of an outlier by the book, a modified z-score of 3.5: the threshold a tenant starts with. */
const outlierScore = 0.7

/** Beyond this all is equally strange. It keeps the score below 1, and one factor from hiding the others. */
const zMax = 10

/**
 * How unusual a viewer's factors are for the population, 0 (as everyone) to below 1.
 *
 * Each factor has a one-sided robust z, (x − median) / (1.4826 · MAD), the modified z-score of Iglewicz & Hoaglin (1993,
 * "How to Detect and Handle Outliers") with the MAD of Rousseeuw & Croux (1993, JASA 88:1273–1283). They combine as
 * lengths do, r = √Σz², so that several slight oddities don't add up to a strong one, and saturate as
 * 1 − 0.3^((r/3.5)²): their outlier limit 3.5 scores 0.7. Factors weigh the same.
 * @returns all six factors in the order of `riskFactorNames`, contributions proportional to z and summing to the score
 */
export function score(factors: FactorValues, baseline: Baseline): Risk {
  const zs: number[] = []
  let sum = 0
  let squares = 0
  for (const name of riskFactorNames) {
    const { centre, scale } = baseline[name]
    const z = Math.min(zMax, Math.max(0, (riskFactors[name].scaled(factors[name]) - centre) / scale))
    zs.push(z)
    sum += z
    squares += z * z
  }
  const risk = 1 - (1 - outlierScore) ** (Math.min(squares, zMax * zMax) / (outlierZ * outlierZ))
  return {
    score: risk,
    factors: riskFactorNames.map((name, index) => ({
      name,
      value: factors[name],
      contribution: sum === 0 ? 0 : (risk * zs[index]!) / sum,
    })),
    modelVersion,
  }
}
