import { riskFactorNames, type Risk, type RiskFactorName } from '@ott/contracts/event-scored'
import { blendForColdStart, credibility } from './cold-start.ts'
import { windowedFactors } from './factor-windows.ts'

/** Detectors fitted to a tenant's own viewers, over the windowed factors. */
export interface LearnedDetectors {
  readonly version: string
  /** People's verdicts are in it: it may also take risk away from what the population model finds odd. */
  readonly isSupervised: boolean
  scoreRow(row: Float64Array): number
  /** None negative, and sum to the score. */
  attribute(row: Float64Array): Float64Array
}

/** What a model that reads the order of events says of a viewer as of this event, on the scale of risks. */
export interface ContextRisk {
  readonly version: string
  readonly score: number
}

/** What has been learned for a tenant, as far as it bears on one event. */
export interface LearnedModels {
  readonly detectors?: LearnedDetectors | undefined
  readonly context?: ContextRisk | undefined
}

/** A learned model that says less than this of an event leaves its risk as it is: one in about fifteen ordinary rows says more. */
const quietRisk = 0.38

/**
 * The risk of a viewer when models were trained for its tenant.
 *
 * The population model (risk-score.ts) is where it begins: it holds from the first event on, and what everybody calls an outlier scores high whatever was
 * learned. Detectors raise it towards what they say, by how well the viewer is known (cold-start.ts); supervised ones also lower it. The order of events
 * may raise it further, and what it adds is told apart. All contributions, that of the context included, sum to the score.
 * @param row the viewer's windowed factors after the event
 * @param eventsSeen of the viewer, this one included
 */
export function riskWithModels(population: Risk, row: Float64Array, eventsSeen: number, { detectors, context }: LearnedModels): Risk {
  if (detectors === undefined && context === undefined) return population
  const models = [{ model: 'robust-z', version: population.modelVersion, score: population.score }]
  let score = population.score
  let contributions = population.factors.map(({ contribution }) => contribution)
  if (detectors !== undefined) {
    const learned = detectors.scoreRow(row)
    models.push({ model: 'risk-ensemble', version: detectors.version, score: learned })
    if (detectors.isSupervised || (learned > score && learned >= quietRisk)) {
      const share = credibility(eventsSeen)
      const byFactor = factorParts(detectors.attribute(row))
      score = blendForColdStart({ ensemble: learned, population: score, eventsSeen })
      contributions = contributions.map((contribution, index) => (1 - share) * contribution + share * byFactor[index]!)
    }
  }
  const added = context === undefined || context.score < quietRisk ? 0 : Math.max(0, context.score - score)
  if (context !== undefined) models.push({ model: 'sequence-risk', version: context.version, score: context.score })
  return {
    score: added > 0 && context !== undefined ? context.score : Math.min(1, score),
    factors: population.factors.map((factor, index) => ({ ...factor, contribution: contributions[index]! })),
    ...(added > 0 && context !== undefined ? { context: { score: context.score, contribution: added } } : {}),
    modelVersion: models.map(({ model, version }, index) => (index === 0 ? version : `${model}.${version}`)).join('+'),
    models,
  }
}

/** The windows of a factor together, in the order of the factors. */
function factorParts(parts: Float64Array): number[] {
  const sums = new Array<number>(riskFactorNames.length).fill(0)
  for (const [column, place] of factorOfColumn.entries()) sums[place]! += parts[column]!
  return sums
}

const factorOfColumn = windowedFactors.map(({ name }: { readonly name: RiskFactorName }) => riskFactorNames.indexOf(name))
