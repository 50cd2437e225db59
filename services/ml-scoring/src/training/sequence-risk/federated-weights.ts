import { sequenceFeatureNames, type SequenceFeatureName } from '@ott/anomaly/event-sequence'
import { flattenWeights, unflattenWeights, type NetworkWeights, type WeightArray } from '@ott/neural/network-weights'
import { initialWeights, isLearned } from '@ott/neural/transformer/initial-weights'
import { viewerTransformer } from '@ott/neural/transformer/transformer-shape'

/**
 * What each feature is taken to be like, in place of what a tenant's own are like: means and deviations would tell of a member's data beyond what is
 * clipped. Logarithms of counts are mostly 0 and rarely above 3; a pause is of some minutes.
 */
const usual: Readonly<Record<SequenceFeatureName, { readonly mean: number; readonly deviation: number }>> = {
  pause: { mean: 5, deviation: 2.5 },
  hourSine: { mean: 0, deviation: 0.7 },
  hourCosine: { mean: 0, deviation: 0.7 },
  findings: { mean: 0, deviation: 0.5 },
  signIn: { mean: 0, deviation: 0.5 },
  records: { mean: 0, deviation: 1 },
  travel: { mean: 0, deviation: 1 },
  disturbance: { mean: 0, deviation: 0.3 },
}

/** The weights everyone begins with, in one row: those that are learned. */
export function initialLearned(seed: number): Float32Array {
  return flattenWeights(learnedOf(initialWeights(viewerTransformer, seed)))
}

/** The network of such a row. @throws WeightsError when it has another length */
export function encoderOfLearned(learned: Float32Array): NetworkWeights {
  return new Map([...unflattenWeights(learned, learnedOf(initialWeights(viewerTransformer, 0))), ...standardisation()])
}

/** The row of a network. */
export function learnedOfEncoder(weights: NetworkWeights): Float32Array {
  return flattenWeights(learnedOf(weights))
}

function learnedOf(weights: NetworkWeights): NetworkWeights {
  return new Map([...weights].filter(([name]) => isLearned(name)))
}

function standardisation(): [string, WeightArray][] {
  const row = (value: (name: SequenceFeatureName) => number) => ({ shape: [sequenceFeatureNames.length], values: Float32Array.from(sequenceFeatureNames, value) })
  return [
    ['input/mean', row((name) => usual[name].mean)],
    ['input/scale', row((name) => 1 / usual[name].deviation)],
  ]
}
