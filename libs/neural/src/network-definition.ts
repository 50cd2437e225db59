import type { LayersModel, Tensor } from '@tensorflow/tfjs'
import type { OnnxGraph } from './onnx-model.ts'
import type { Tensorflow } from './open-tensorflow.ts'
import { checkSameShapes, type NetworkWeights, weightNamed } from './network-weights.ts'

/** A tensor of one row: without the batch, which is always the first dimension and always called 'batch'. */
export interface RowShape {
  readonly name: string
  readonly shape: readonly number[]
}

/** One kind of network: how it is trained (tfjs) and how the same computation is served (ONNX). */
export interface NetworkDefinition {
  readonly name: string
  /** One float32 tensor goes in; what else the network needs to know, such as which steps are padding, lies in it. */
  readonly input: RowShape
  readonly outputs: readonly RowShape[]
  /** @param seed of every initializer, so that the same seed gives the same weights */
  build(tf: Tensorflow, seed: number): BuiltNetwork
  /** The computation of `forward`, with these weights in it. */
  toOnnx(weights: NetworkWeights): OnnxGraph
}

/** A network in tfjs. It holds tensors until it is disposed of. */
export interface BuiltNetwork {
  /** Batch in, outputs by name; the tensors belong to the caller. Differentiable. */
  forward(batch: Tensor): Record<string, Tensor>
  weights(): NetworkWeights
  /** @throws WeightsError when names or shapes aren't those of this network */
  setWeights(weights: NetworkWeights): void
  dispose(): void
}

/**
 * A LayersModel as a network. Its layers need names of their own: tfjs would number them by what the process built before.
 * @param outputs names of the model's outputs, in its order
 */
export function layersNetwork(tf: Tensorflow, model: LayersModel, outputs: readonly string[]): BuiltNetwork {
  // Not `name`, which tfjs numbers, too, when the same model is built again.
  const names = model.weights.map((weight) => weight.originalName)
  const weights = (): NetworkWeights =>
    new Map(model.getWeights().map((tensor, index) => [names[index]!, { shape: tensor.shape, values: Float32Array.from(tensor.dataSync()) }]))
  return {
    forward(batch) {
      const results = [model.apply(batch)].flat() as Tensor[]
      return Object.fromEntries(outputs.map((name, index) => [name, results[index]!]))
    },
    weights,
    setWeights(given) {
      checkSameShapes(given, weights())
      tf.tidy(() =>
        model.setWeights(
          names.map((name) => {
            const { values, shape } = weightNamed(given, name)
            return tf.tensor(values, [...shape], 'float32')
          }),
        ),
      )
    },
    dispose: () => void model.dispose(),
  }
}
