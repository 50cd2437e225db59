import { floatInitializer, type OnnxInitializer } from './onnx-model.ts'
import { type NetworkWeights, WeightsError, weightNamed } from './network-weights.ts'

/** Where Keras's gates i, f, c, o stand in ONNX's order i, o, f, c. */
const gateOrder = [0, 3, 1, 2]

/**
 * The three constants of ONNX's LSTM operator (https://onnx.ai/onnx/operators/onnx__LSTM.html) from a Keras layer: `NAME.W`
 * [1, 4 · units, features], `NAME.R` [1, 4 · units, units] and `NAME.B` [1, 8 · units], whose second half, the recurrent bias, Keras hasn't.
 * The layer must have `recurrentActivation: 'sigmoid'`, as ONNX has; tfjs's default is 'hardSigmoid'.
 * @param layer whose weights are LAYER/kernel [features, 4 · units], LAYER/recurrent_kernel [units, 4 · units], LAYER/bias [4 · units]
 * @throws WeightsError when one is missing, or its shape isn't an LSTM's
 */
export function lstmInitializers(weights: NetworkWeights, layer: string, name: string = layer): OnnxInitializer[] {
  const kernel = weightNamed(weights, `${layer}/kernel`)
  const recurrent = weightNamed(weights, `${layer}/recurrent_kernel`)
  const bias = weightNamed(weights, `${layer}/bias`)
  const [features, width] = kernel.shape
  const [units] = recurrent.shape
  if (features === undefined || units === undefined || width !== 4 * units || recurrent.shape[1] !== width || bias.values.length !== width) {
    throw new WeightsError(`${layer}: the shapes aren't those of an LSTM`)
  }
  const rows = gateOrder.flatMap((gate) => Array.from({ length: units }, (_, unit) => gate * units + unit))
  /** From [inputs, gates] to [gates, inputs], the gates in ONNX's order. */
  const turned = (values: Float32Array, inputs: number): Float32Array => {
    const result = new Float32Array(rows.length * inputs)
    rows.forEach((from, to) => {
      for (let input = 0; input < inputs; input += 1) result[to * inputs + input] = values[input * width + from]!
    })
    return result
  }
  const bothBiases = new Float32Array(2 * width)
  rows.forEach((from, to) => (bothBiases[to] = bias.values[from]!))
  return [
    floatInitializer(`${name}.W`, [1, width, features], turned(kernel.values, features)),
    floatInitializer(`${name}.R`, [1, width, units], turned(recurrent.values, units)),
    floatInitializer(`${name}.B`, [1, 2 * width], bothBiases),
  ]
}
