import { seededRandom } from '@ott/anomaly/seeded-random'
import type { Tensor, Tensor3D } from '@tensorflow/tfjs'
import { beforeAll, expect, test } from '@jest/globals'
import { encodeWeights } from '../network-weights.ts'
import { openTensorflow, type Tensorflow } from '../open-tensorflow.ts'
import { trainInWorker } from '../train-in-worker.ts'
import type { TrainingProgress } from '../training-module.ts'
import { encode } from './encoder-forward.ts'
import { initialWeights, isLearned } from './initial-weights.ts'
import type { LabelledWindows } from './labelled-windows.ts'
import { permutationImportance } from './permutation-importance.ts'
import { scoreWindows } from './score-windows.ts'
import { tensorsOf } from './transformer-network.ts'
import type { TransformerShape } from './transformer-shape.ts'
import type * as transformerTraining from './transformer-training.ts'
import { trainingSettings, trainTransformer, type TransformerTraining } from './train-transformer.ts'

const shape: TransformerShape = { steps: 4, features: 3, width: 8, heads: 2, layers: 1, feedForward: 8 }

/** Risky when feature 1 is high in the last two of four steps; feature 1 of the first two steps, and all else, is noise. */
function planted(count: number, seed: number): LabelledWindows {
  const random = seededRandom(seed)
  const values = Float32Array.from({ length: count * shape.steps * shape.features }, () => 100 + 10 * random.normal())
  const labels = Uint8Array.from({ length: count }, (_, row) => {
    const at = (step: number) => values[(row * shape.steps + step) * shape.features + 1]! - 100
    return at(2) + at(3) > 0 ? 1 : 0
  })
  return { values, labels, steps: shape.steps, features: shape.features }
}

const options: TransformerTraining = {
  shape,
  training: planted(500, 1),
  validation: planted(200, 2),
  seed: 1,
  settings: { ...trainingSettings, epochsMax: 8, batchSize: 32, stepSize: 0.01 },
}
const withSettings = (settings: Partial<typeof trainingSettings>): TransformerTraining => ({ ...options, settings: { ...options.settings!, ...settings } })

let tf: Tensorflow
beforeAll(async () => ({ tf } = await openTensorflow('wasm')))

test('a planted pattern is learned, and importance finds the feature that carries it', async () => {
  const told: TrainingProgress[] = []
  const { weights, best, epochs } = trainTransformer(tf, options, (progress) => told.push(progress))
  expect(best.validationAuc).toBeGreaterThan(0.97)
  expect(best.validationLoss).toBe(Math.min(...epochs.map(({ validationLoss }) => validationLoss)))
  expect(told.filter(({ validationLoss }) => validationLoss !== undefined).map(({ epoch }) => epoch)).toEqual(epochs.map(({ epoch }) => epoch))
  const importance = await permutationImportance((values) => scoreWindows(tf, shape, weights, values), planted(200, 3), { shuffles: 3, seed: 1 })
  expect(importance.map(({ mean }) => mean > 0.3)).toEqual([false, true, false])
})

test('the same seed gives the same weights bit by bit, in a worker too, another seed others', async () => {
  const short = withSettings({ epochsMax: 1 })
  const [first, other] = [short, { ...short, seed: 2 }].map((given) => trainTransformer(tf, given, () => {}).weights)
  const module = new URL('./transformer-training.ts', import.meta.url)
  const inWorker = await trainInWorker<typeof transformerTraining>({ module, options: short })
  expect(encodeWeights(inWorker.weights)).toEqual(encodeWeights(first!))
  expect(encodeWeights(other!)).not.toEqual(encodeWeights(first!))
})

test('training goes on from given weights, which it leaves as they are, and keeps their standardisation', () => {
  const { weights: first, best } = trainTransformer(tf, withSettings({ epochsMax: 3 }), () => {})
  const before = encodeWeights(first)
  const others = { ...options, training: { ...options.training, values: options.training.values.map((value) => value + 1) } }
  const further = trainTransformer(tf, { ...others, validation: options.validation, initial: first, settings: { ...options.settings!, epochsMax: 1, stepSize: 1e-4 } }, () => {})
  expect(further.best.validationLoss).toBeLessThan(1.2 * best.validationLoss)
  expect(further.weights.get('input/mean')).toEqual(first.get('input/mean'))
  expect(encodeWeights(first)).toEqual(before)
  expect(encodeWeights(further.weights)).not.toEqual(before)
  expect(() => trainTransformer(tf, { ...options, initial: initialWeights({ ...shape, layers: 2 }, 1) }, () => {})).toThrow(/layer1/)
})

test('the gradient of every kind of weight is the slope of the loss', async () => {
  // Plain JavaScript's rounding is the smaller one, and slopes are measured by small differences.
  await tf.setBackend('cpu')
  const weights = initialWeights(shape, 3)
  const names = [...weights.keys()].filter(isLearned)
  const { values, labels } = planted(6, 4)
  const slopes = tf.tidy(() => {
    const tensors = tensorsOf(tf, weights)
    const batch = tf.tensor3d(values, [labels.length, shape.steps, shape.features]).sub(100).div<Tensor3D>(10)
    const lossOf = (...learned: Tensor[]) => encode(tf, shape, { ...tensors, ...Object.fromEntries(names.map((name, index) => [name, learned[index]!])) }, batch).logit.square().mean()
    const gradients = tf.grads(lossOf)(names.map((name) => tensors[name]!))
    return names.map((name, index) => {
      const gradient = gradients[index]!
      const at = tf.tensor(weights.get(name)!.values, [...weights.get(name)!.shape])
      const length = Math.sqrt(gradient.square().sum().dataSync()[0]!)
      if (length < 1e-4) return { name, isSlope: true }
      // Along the gradient itself, where the loss changes most for the step.
      const step = gradient.mul(1e-3 / length)
      const lossAt = (moved: Tensor) => lossOf(...names.map((each) => (each === name ? moved : tensors[each]!))).dataSync()[0]!
      const measured = (lossAt(at.add(step)) - lossAt(at.sub(step))) / 2e-3
      return { name, measured, length, isSlope: Math.abs(measured - length) < 0.01 * length + 1e-3 }
    })
  })
  await tf.setBackend('wasm')
  expect(slopes.filter(({ isSlope }) => !isSlope)).toEqual([])
})

test('training stops when nothing gets better any more', () => {
  const hopeless = { ...withSettings({ epochsMax: 20, patience: 2 }), validation: { ...options.validation, labels: options.validation.labels.map((label) => 1 - label) } }
  const { epochs, best } = trainTransformer(tf, hopeless, () => {})
  expect([epochs.length, best.epoch]).toEqual([best.epoch + 2, 1])
})

test('what listens may end the training, and no tensor is left behind by it or by a whole one', () => {
  const { numTensors } = tf.memory()
  const stop = () => {
    throw new Error('enough')
  }
  expect(() => trainTransformer(tf, options, stop)).toThrow('enough')
  trainTransformer(tf, withSettings({ epochsMax: 1 }), () => {})
  expect(tf.memory().numTensors).toBe(numTensors)
})

test.each<[string, Partial<TransformerTraining>, RegExp]>([
  ['a number that is none', { training: { ...options.training, values: options.training.values.map((value, index) => (index === 17 ? Number.NaN : value)) } }, /window 1, step 1, feature 2: NaN/],
  ['values of another length', { training: { ...options.training, values: options.training.values.subarray(1) } }, /500 windows of 4 × 3 are 6000 numbers, not 5999/],
  ['a label that is neither 0 nor 1', { validation: { ...options.validation, labels: options.validation.labels.map((label, row) => (row === 5 ? 2 : label)) } }, /window 5: a label is 0 or 1, not 2/],
  ['one label only', { validation: { ...options.validation, labels: new Uint8Array(200) } }, /no validation window labelled 1/],
  ['windows of another shape', { shape: { ...shape, steps: 6 } }, /training windows are 4 × 3, the encoder takes 6 × 3/],
])('%s is refused, by its place', (_, changed, message) => {
  expect(() => trainTransformer(tf, { ...options, ...changed }, () => {})).toThrow(message)
})
