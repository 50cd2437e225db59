import type { NetworkWeights } from '../network-weights.ts'
import type { LabelledWindows } from './labelled-windows.ts'

/** Mean of each feature and what scales its deviation to 1, over all steps that are no padding. A feature that never changes is left as wide as it is. */
export function standardisationOf({ values, features }: LabelledWindows): NetworkWeights {
  const mean = new Float64Array(features)
  const squares = new Float64Array(features)
  let steps = 0
  for (let at = 0; at < values.length; at += features) {
    if (values.subarray(at, at + features).every((value) => value === 0)) continue
    steps += 1
    for (let feature = 0; feature < features; feature += 1) {
      // Welford 1962: no loss of digits where the mean is large.
      const away = values[at + feature]! - mean[feature]!
      mean[feature]! += away / steps
      squares[feature]! += away * (values[at + feature]! - mean[feature]!)
    }
  }
  const scale = Float32Array.from(squares, (sum) => (sum > 0 ? 1 / Math.sqrt(sum / steps) : 1))
  return new Map([
    ['input/mean', { shape: [features], values: Float32Array.from(mean) }],
    ['input/scale', { shape: [features], values: scale }],
  ])
}
