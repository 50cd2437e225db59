import { seededRandom } from '@ott/anomaly/seeded-random'
import type { NetworkWeights, WeightArray } from '../network-weights.ts'
import type { TransformerShape } from './transformer-shape.ts'

/**
 * Every weight of the encoder, by name, before it has learned anything: matrices uniform within ±√(6 / (in + out)) (Glorot & Bengio 2010),
 * biases 0, positions sines and cosines (Vaswani et al. 2017) that are learned from there. The same seed gives the same weights.
 *
 * `input/mean` and `input/scale` are not learned: training fits them to its windows, so that whoever serves the network gives it events as they are.
 */
export function initialWeights(shape: TransformerShape, seed: number): NetworkWeights {
  const { steps, features, width, layers, feedForward } = shape
  const random = seededRandom(seed)
  const weights = new Map<string, WeightArray>()
  const constant = (name: string, size: number, value: number) => weights.set(name, { shape: [size], values: new Float32Array(size).fill(value) })
  const matrix = (name: string, rows: number, columns: number, number: () => number) =>
    weights.set(name, { shape: [rows, columns], values: Float32Array.from({ length: rows * columns }, number) })
  const dense = (name: string, inputs: number, outputs: number) => {
    const limit = Math.sqrt(6 / (inputs + outputs))
    matrix(`${name}/kernel`, inputs, outputs, () => (2 * random.uniform() - 1) * limit)
    constant(`${name}/bias`, outputs, 0)
  }
  constant('input/mean', features, 0)
  constant('input/scale', features, 1)
  dense('embed', features, width)
  weights.set('positions', { shape: [steps, width], values: sinusoids(steps, width) })
  for (let layer = 0; layer < layers; layer += 1) {
    for (const part of ['query', 'key', 'value', 'output']) dense(`layer${layer}/attention/${part}`, width, width)
    dense(`layer${layer}/forward/hidden`, width, feedForward)
    dense(`layer${layer}/forward/output`, feedForward, width)
  }
  dense('head', 2 * width, 1)
  return weights
}

/**
 * Waves by which neighbouring steps look alike: half a turn within the window in the first two columns, a quarter of a turn a step in the last two.
 * Half as high as the features are wide, so that both are seen from the beginning.
 */
function sinusoids(steps: number, width: number): Float32Array {
  const waves = Math.ceil(width / 2)
  return Float32Array.from({ length: steps * width }, (_, index) => {
    const [step, column] = [Math.floor(index / width), index % width]
    const wave = Math.floor(column / 2)
    const turn = (Math.PI / steps) * Math.max(1, steps / 2) ** (wave / Math.max(1, waves - 1)) * step
    return 0.5 * (column % 2 === 0 ? Math.sin(turn) : Math.cos(turn))
  })
}

/** Whether training changes it. */
export function isLearned(name: string): boolean {
  return !name.startsWith('input/')
}
