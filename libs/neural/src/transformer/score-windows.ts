import type { NetworkWeights } from '../network-weights.ts'
import type { Tensorflow } from '../open-tensorflow.ts'
import { encode } from './encoder-forward.ts'
import { tensorsOf } from './transformer-network.ts'
import type { TransformerShape } from './transformer-shape.ts'

/** Bounds what a call takes of memory. */
const batchSize = 256

/** The risk of each window, 0 to 1, by tfjs. @param values all windows one after another */
export function scoreWindows(tf: Tensorflow, shape: TransformerShape, weights: NetworkWeights, values: Float32Array): Float32Array {
  const length = shape.steps * shape.features
  const count = values.length / length
  const risks = new Float32Array(count)
  const tensors = tensorsOf(tf, weights)
  for (let from = 0; from < count; from += batchSize) {
    const rows = Math.min(batchSize, count - from)
    tf.tidy(() => {
      const batch = tf.tensor3d(values.slice(from * length, (from + rows) * length), [rows, shape.steps, shape.features])
      risks.set(encode(tf, shape, tensors, batch).logit.sigmoid().dataSync(), from)
    })
  }
  tf.dispose(tensors)
  return risks
}
