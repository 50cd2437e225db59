import type { Rank, Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs'
import type { Tensorflow } from '../open-tensorflow.ts'
import type { TransformerShape } from './transformer-shape.ts'

/** Weights by name; see initialWeights. */
export type WeightTensors = Readonly<Record<string, Tensor>>

/** What the encoder says of each window of a batch. */
export interface Encoded {
  /** [batch, 1], the risk before the sigmoid. */
  readonly logit: Tensor2D
  /** One tensor a layer, [batch, heads, steps, steps]: how much the event of a row looks at the event of a column. Rows sum to 1. */
  readonly attention: readonly Tensor4D[]
}

/** Added to what softmax or a maximum must not choose: finite, so that a window of padding alone gives no NaN. */
export const excluded = -1e9

export const normEpsilon = 1e-5

/**
 * A Transformer encoder (Vaswani et al. 2017) with the norm before each part, which trains without a warm-up (Xiong et al. 2020), learned
 * positions, ReLU, and a head over mean and maximum of the events. A step whose features are all 0 is padding: nothing looks at it, nor is it pooled.
 *
 * Every operation and its gradient has a kernel in tfjs's wasm backend, and products with a weight matrix are one matrix product over all events
 * of the batch: that backend is fast on few large ones.
 * @param batch [batch, steps, features]
 */
export function encode(tf: Tensorflow, shape: TransformerShape, weights: WeightTensors, batch: Tensor3D): Encoded {
  const { steps, features, width, heads } = shape
  const rows = batch.shape[0]
  const named = (name: string) => {
    const weight = weights[name]
    if (weight === undefined) throw new RangeError(`the encoder needs a weight '${name}'`)
    return weight
  }
  const affine = affineOf(tf)
  const dense = (input: Tensor2D, name: string) => affine(input, named(`${name}/kernel`), named(`${name}/bias`))
  /** Without a scale and shift of its own: the matrices that follow do that. */
  const norm = (input: Tensor2D): Tensor2D => {
    const centred = input.sub(input.mean(-1, true))
    return centred.mul(centred.square().mean(-1, true).add(normEpsilon).rsqrt())
  }
  const byHead = (events: Tensor2D) => events.reshape<Tensor4D>([rows, steps, heads, width / heads]).transpose([0, 2, 1, 3])

  const present = batch.abs().sum(-1).greater(0).cast('float32')
  const absence = present.sub(1).mul(-excluded)
  const attention: Tensor4D[] = []

  const standardised = batch.sub(named('input/mean')).mul(named('input/scale')).reshape<Tensor2D>([rows * steps, features])
  let events = dense(standardised, 'embed')
    .reshape([rows, steps, width])
    .add(named('positions'))
    .reshape<Tensor2D>([rows * steps, width])
  for (let layer = 0; layer < shape.layers; layer += 1) {
    const seen = norm(events)
    const [query, key, value] = ['query', 'key', 'value'].map((part) => byHead(dense(seen, `layer${layer}/attention/${part}`))) as [Tensor4D, Tensor4D, Tensor4D]
    const likeness = tf.matMul(query, key, false, true).mul(1 / Math.sqrt(width / heads))
    const looks = tf.softmax(likeness.add(absence.reshape([rows, 1, 1, steps]))) as Tensor4D
    attention.push(looks)
    const gathered = tf.matMul(looks, value).transpose([0, 2, 1, 3]).reshape<Tensor2D>([rows * steps, width])
    events = events.add(dense(gathered, `layer${layer}/attention/output`))
    const hidden = tf.relu(dense(norm(events), `layer${layer}/forward/hidden`))
    events = events.add(dense(hidden, `layer${layer}/forward/output`))
  }
  // Without a norm: how far an event stands out would be lost to how much else is said of it.
  const told = events.reshape<Tensor3D>([rows, steps, width])
  const count = present.sum(1, true)
  const mean = told.mul(present.expandDims(-1)).sum(1).div(count.maximum(1))
  // The second factor is 0 for a window without events, which else would be as far from all others as can be.
  const largest = told.add(absence.expandDims(-1)).max(1).mul(count.minimum(1))
  return { logit: dense(tf.concat([mean, largest], 1) as Tensor2D, 'head'), attention }
}

/**
 * x · kernel + bias. The gradient that tfjs has for it multiplies by a transposed matrix, for which its wasm backend has a kernel five times slower
 * than transposing first and then multiplying; and it adds up the bias's by columns, which a product with ones does eight times faster.
 */
function affineOf(tf: Tensorflow): (x: Tensor2D, kernel: Tensor, bias: Tensor) => Tensor2D {
  return tf.customGrad((...given) => {
    const [x, kernel, bias, save] = given as unknown as [Tensor2D, Tensor2D, Tensor2D, GradSaver]
    save([x, kernel])
    return {
      value: tf.matMul(x, kernel).add(bias),
      gradFunc(towards, saved) {
        const [x, kernel] = saved as [Tensor2D, Tensor2D]
        const error = towards as Tensor2D
        return [
          tf.matMul(error, tf.transpose(kernel)),
          tf.matMul(tf.transpose(x), error),
          tf.matMul(tf.ones<Rank.R2>([1, x.shape[0]]), error).reshape([kernel.shape[1]]),
        ]
      },
    }
  }) as (x: Tensor2D, kernel: Tensor, bias: Tensor) => Tensor2D
}

type GradSaver = (tensors: Tensor[]) => void
