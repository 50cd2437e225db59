import { seededRandom } from '@ott/anomaly/seeded-random'
import type { NetworkWeights } from '../network-weights.ts'
import { openTensorflow } from '../open-tensorflow.ts'
import type { ReportProgress } from '../training-module.ts'
import { residualNetwork } from './residual-network.ts'
import { forecastHours, windowFeatures, windowHours, type ResidualExamples } from './residual-windows.ts'

export interface ResidualTraining {
  readonly examples: ResidualExamples
  readonly epochs: number
  readonly seed: number
}

const batchRows = 128
const learningRate = 0.005
/** Draws forecasts towards 0, the hour of the week: residuals hold little that can be forecast. */
const shrinkage = 1e-4

/**
 * Trains {@link residualNetwork} by the mean squared error, with Adam (Kingma & Ba 2015). The same examples and seed give the same
 * weights on the same backend. Keeps its thread busy: run it by `trainInWorker`.
 * @throws RangeError when there is no example
 */
export async function train({ examples, epochs, seed }: ResidualTraining, report: ReportProgress): Promise<NetworkWeights> {
  const { windows, targets, count } = examples
  if (count === 0) throw new RangeError('the series are too short: no window of three days without a gap')
  const { tf } = await openTensorflow()
  const network = residualNetwork.build(tf, seed)
  const optimizer = tf.train.adam(learningRate)
  const random = seededRandom(seed)
  const order = Uint32Array.from({ length: count }, (_, index) => index)
  const steps = Math.ceil(count / batchRows)
  const windowLength = windowHours * windowFeatures
  try {
    for (let epoch = 1; epoch <= epochs; epoch += 1) {
      random.shuffle(order)
      let total = 0
      for (let from = 0; from < count; from += batchRows) {
        const rows = order.subarray(from, from + batchRows)
        const window = tf.tensor3d(gathered(windows, rows, windowLength), [rows.length, windowHours, windowFeatures])
        const target = tf.tensor2d(gathered(targets, rows, forecastHours), [rows.length, forecastHours])
        const loss = optimizer.minimize(() => {
          const forecast = network.forward(window)['forecast']!
          const error = forecast.sub(target).square().mean()
          return error.add(forecast.square().mean().mul(shrinkage)).asScalar()
        }, true)
        total += (loss?.dataSync()[0] ?? NaN) * rows.length
        tf.dispose([window, target, loss ?? []])
      }
      report({ epoch, epochs, step: steps, steps, loss: total / count })
    }
    return network.weights()
  } finally {
    optimizer.dispose()
    network.dispose()
  }
}

function gathered(values: Float32Array, rows: Uint32Array, length: number): Float32Array {
  const result = new Float32Array(rows.length * length)
  for (const [place, row] of rows.entries()) result.set(values.subarray(row * length, (row + 1) * length), place * length)
  return result
}
