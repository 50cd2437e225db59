import type { Tensor, Tensor3D } from '@tensorflow/tfjs'
import type { BuiltNetwork, NetworkDefinition } from '../network-definition.ts'
import { checkSameShapes, weightNamed, type NetworkWeights } from '../network-weights.ts'
import type { Tensorflow } from '../open-tensorflow.ts'
import { encode, type WeightTensors } from './encoder-forward.ts'
import { encoderOnnx } from './encoder-onnx.ts'
import { initialWeights } from './initial-weights.ts'
import { checkTransformerShape, type TransformerShape } from './transformer-shape.ts'

/**
 * A Transformer encoder over a viewer's recent events, as a network: `window` [steps, features] goes in, events as they are, steps of zeros in front
 * of a shorter history; `risk` [1] comes out, 0 to 1, and `attention` [layers, heads, steps, steps], whose rows sum to 1.
 * @throws RangeError when the shape can't be built
 */
export function transformerNetwork(shape: TransformerShape): NetworkDefinition {
  checkTransformerShape(shape)
  const { steps, features, layers, heads } = shape
  return {
    name: 'transformer',
    input: { name: 'window', shape: [steps, features] },
    outputs: [
      { name: 'risk', shape: [1] },
      { name: 'attention', shape: [layers, heads, steps, steps] },
    ],
    build: (tf, seed) => builtTransformer(tf, shape, initialWeights(shape, seed)),
    toOnnx(weights) {
      checkSameShapes(weights, initialWeights(shape, 0))
      return encoderOnnx(shape, weights)
    },
  }
}

function builtTransformer(tf: Tensorflow, shape: TransformerShape, initial: NetworkWeights): BuiltNetwork {
  let weights = initial
  let tensors = tensorsOf(tf, initial)
  return {
    forward: (batch) =>
      tf.tidy((): Record<string, Tensor> => {
        const { logit, attention } = encode(tf, shape, tensors, batch as Tensor3D)
        return { risk: logit.sigmoid(), attention: tf.stack([...attention], 1) }
      }),
    weights: () => new Map([...weights].map(([name, { shape, values }]) => [name, { shape, values: values.slice() }])),
    setWeights(given) {
      checkSameShapes(given, weights)
      tf.dispose(tensors)
      weights = new Map([...weights.keys()].map((name) => [name, { shape: weightNamed(given, name).shape, values: weightNamed(given, name).values.slice() }]))
      tensors = tensorsOf(tf, weights)
    },
    dispose: () => tf.dispose(tensors),
  }
}

/** Belong to the caller, even within a tidy. */
export function tensorsOf(tf: Tensorflow, weights: NetworkWeights): WeightTensors {
  return Object.fromEntries([...weights].map(([name, { shape, values }]) => [name, tf.keep(tf.tensor(values, [...shape], 'float32'))]))
}
