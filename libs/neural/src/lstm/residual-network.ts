import type { NetworkDefinition } from '../network-definition.ts'
import { layersNetwork } from '../network-definition.ts'
import { lstmInitializers } from '../lstm-onnx.ts'
import { floatInitializer, integerInitializer, onnxNode } from '../onnx-model.ts'
import { weightNamed } from '../network-weights.ts'
import { forecastHours, windowFeatures, windowHours } from './residual-windows.ts'

const units = 16

/**
 * Forecasts what an hourly series will do beyond its hour of the week: an LSTM (Hochreiter & Schmidhuber 1997; Gers 2000 for the forget gate)
 * over two days of residuals, and one linear output per hour from 12 to 24 ahead. One network serves all series: residuals are in each
 * series' own standard deviations. See residual-windows.ts for what goes in and comes out.
 */
export const residualNetwork: NetworkDefinition = {
  name: 'seasonal-residual',
  input: { name: 'window', shape: [windowHours, windowFeatures] },
  outputs: [{ name: 'forecast', shape: [forecastHours] }],
  build(tf, seed) {
    const model = tf.sequential({
      layers: [
        tf.layers.lstm({
          name: 'lstm',
          units,
          inputShape: [windowHours, windowFeatures],
          // ONNX's gates are sigmoid; tfjs's default is another curve.
          recurrentActivation: 'sigmoid',
          kernelInitializer: tf.initializers.glorotUniform({ seed }),
          recurrentInitializer: tf.initializers.orthogonal({ seed: seed + 1 }),
        }),
        // From 0: before it has learned anything it forecasts what the hour of the week says.
        tf.layers.dense({ name: 'head', units: forecastHours, kernelInitializer: 'zeros' }),
      ],
    })
    return layersNetwork(tf, model, ['forecast'])
  },
  toOnnx(weights) {
    const kernel = weightNamed(weights, 'head/kernel')
    const bias = weightNamed(weights, 'head/bias')
    return {
      name: 'seasonal-residual',
      inputs: [{ name: 'window', shape: ['batch', windowHours, windowFeatures] }],
      outputs: [{ name: 'forecast', shape: ['batch', forecastHours] }],
      initializers: [
        ...lstmInitializers(weights, 'lstm'),
        floatInitializer('head.kernel', kernel.shape, kernel.values),
        floatInitializer('head.bias', bias.shape, bias.values),
        integerInitializer('directions', [0]),
      ],
      nodes: [
        onnxNode('Transpose', ['window'], ['byStep'], { perm: { ints: [1, 0, 2] } }),
        onnxNode('LSTM', ['byStep', 'lstm.W', 'lstm.R', 'lstm.B'], ['', 'last'], { hidden_size: { int: units } }),
        onnxNode('Squeeze', ['last', 'directions'], ['hidden']),
        onnxNode('Gemm', ['hidden', 'head.kernel', 'head.bias'], ['forecast']),
      ],
    }
  },
}
