import type { NetworkDefinition } from './network-definition.ts'
import { layersNetwork } from './network-definition.ts'
import { lstmInitializers } from './lstm-onnx.ts'
import { floatInitializer, integerInitializer, onnxNode } from './onnx-model.ts'
import { weightNamed } from './network-weights.ts'

const [steps, features, units] = [7, 3, 5]

/** The smallest network that has all that goes wrong between two runtimes: gates in another order, a bias, a nonlinearity. */
export const sampleNetwork: NetworkDefinition = {
  name: 'sample',
  input: { name: 'window', shape: [steps, features] },
  outputs: [{ name: 'risk', shape: [1] }],
  build(tf, seed) {
    const model = tf.sequential({
      layers: [
        tf.layers.lstm({
          name: 'lstm',
          units,
          inputShape: [steps, features],
          recurrentActivation: 'sigmoid',
          kernelInitializer: tf.initializers.glorotUniform({ seed }),
          recurrentInitializer: tf.initializers.orthogonal({ seed: seed + 1 }),
        }),
        tf.layers.dense({ name: 'head', units: 1, activation: 'sigmoid', kernelInitializer: tf.initializers.glorotUniform({ seed: seed + 2 }) }),
      ],
    })
    return layersNetwork(tf, model, ['risk'])
  },
  toOnnx(weights) {
    const head = weightNamed(weights, 'head/kernel')
    const bias = weightNamed(weights, 'head/bias')
    return {
      name: 'sample',
      inputs: [{ name: 'window', shape: ['batch', steps, features] }],
      outputs: [{ name: 'risk', shape: ['batch', 1] }],
      initializers: [
        ...lstmInitializers(weights, 'lstm'),
        floatInitializer('head.kernel', head.shape, head.values),
        floatInitializer('head.bias', bias.shape, bias.values),
        integerInitializer('directions', [0]),
      ],
      nodes: [
        onnxNode('Transpose', ['window'], ['byStep'], { perm: { ints: [1, 0, 2] } }),
        onnxNode('LSTM', ['byStep', 'lstm.W', 'lstm.R', 'lstm.B'], ['', 'last'], { hidden_size: { int: units } }),
        onnxNode('Squeeze', ['last', 'directions'], ['hidden']),
        onnxNode('Gemm', ['hidden', 'head.kernel', 'head.bias'], ['logit']),
        onnxNode('Sigmoid', ['logit'], ['risk']),
      ],
    }
  },
}
