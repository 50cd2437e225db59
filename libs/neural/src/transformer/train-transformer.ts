import { rocAuc } from '@ott/anomaly/rank-metrics'
import { seededRandom } from '@ott/anomaly/seeded-random'
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs'
import { checkSameShapes, type NetworkWeights } from '../network-weights.ts'
import type { Tensorflow } from '../open-tensorflow.ts'
import { adam } from './adam.ts'
import { encode } from './encoder-forward.ts'
import { initialWeights, isLearned } from './initial-weights.ts'
import { checkWindows, windowsAt, WindowsError, type LabelledWindows } from './labelled-windows.ts'
import { scoreWindows } from './score-windows.ts'
import { standardisationOf } from './standardisation.ts'
import type { ReportProgress } from '../training-module.ts'
import { tensorsOf } from './transformer-network.ts'
import { checkTransformerShape, type TransformerShape } from './transformer-shape.ts'

/** Plain data, so that it can be sent to a worker. */
export interface TransformerTraining {
  readonly shape: TransformerShape
  readonly training: LabelledWindows
  /** Decide after which epoch to stop; nothing is learned from them. */
  readonly validation: LabelledWindows
  /** Of the initial weights and the order of the windows. */
  readonly seed: number
  /** Weights to go on from, their standardisation included; left out, new ones, and the standardisation of the training windows. They stay as they are. */
  readonly initial?: NetworkWeights
  readonly settings?: TrainingSettings
}

export interface TrainingSettings {
  readonly epochsMax: number
  /** Training ends when so many epochs have brought nothing better on the validation windows. */
  readonly patience: number
  readonly batchSize: number
  /** The largest step size; it rises to it within the first tenth of the steps and falls to zero by a cosine (Loshchilov & Hutter 2017). */
  readonly stepSize: number
  /** By how much of its size a matrix shrinks per unit of the step size; what keeps a few thousand windows from being learned by heart. */
  readonly weightDecay: number
}

/** Chosen by validation AUC on one split of made-up windows; see docs/adr/0029. */
export const trainingSettings: TrainingSettings = { epochsMax: 14, patience: 5, batchSize: 64, stepSize: 3e-3, weightDecay: 2 }

/** What one pass over the training windows came to. */
export interface TrainedEpoch {
  /** From 1. */
  readonly epoch: number
  /** Mean cross-entropy of the epoch's batches, in nats. */
  readonly loss: number
  readonly validationLoss: number
  readonly validationAuc: number
}

export interface TrainedTransformer {
  /** Those of the epoch with the least loss on the validation windows. */
  readonly weights: NetworkWeights
  readonly best: TrainedEpoch
  readonly epochs: readonly TrainedEpoch[]
}

/** Batches from one report to the next. */
const stepsPerReport = 10

/**
 * Learns the risk of windows from their labels, by cross-entropy. The same windows, seed, settings and backend give the same weights. Computes in the
 * caller's thread without a pause: call it in a worker.
 * @param report is told every ten batches and after each epoch; what it throws ends the training
 * @throws WindowsError when the windows are malformed, aren't of the shape, or lack one of the two labels
 * @throws WeightsError when the initial weights aren't those of the shape
 */
export function trainTransformer(tf: Tensorflow, { shape, training, validation, seed, initial, settings = trainingSettings }: TransformerTraining, report: ReportProgress): TrainedTransformer {
  checkTransformerShape(shape)
  for (const [name, windows] of Object.entries({ training, validation })) checkLearnable(name, windows, shape)
  const { epochsMax, patience, batchSize, stepSize, weightDecay } = settings
  const fresh = initialWeights(shape, seed)
  if (initial !== undefined) checkSameShapes(initial, fresh)
  const weights: NetworkWeights = initial === undefined ? new Map([...fresh, ...standardisationOf(training)]) : copyOf(initial)
  const parameters = new Map([...weights].filter(([name]) => isLearned(name)).map(([name, { values }]) => [name, values]))
  const descend = adam(parameters, { weightDecay, decays: (name) => name.endsWith('/kernel'), gradientNormMax: 1 })
  // Another series of numbers than that of the initial weights.
  const random = seededRandom(~seed)
  const order = Uint32Array.from(training.labels, (_, row) => row)
  const steps = Math.ceil(order.length / batchSize)
  const epochs: TrainedEpoch[] = []
  let best: { readonly epoch: TrainedEpoch; readonly weights: NetworkWeights } | undefined
  for (let epoch = 1; epoch <= epochsMax && epoch - (best?.epoch.epoch ?? epoch) <= patience; epoch += 1) {
    random.shuffle(order)
    let lossSum = 0
    let seen = 0
    const progress = (step: number) => ({ epoch, epochs: epochsMax, step, steps, loss: lossSum / seen })
    for (let step = 1; step <= steps; step += 1) {
      const rows = order.subarray((step - 1) * batchSize, step * batchSize)
      const slope = slopeOf(tf, shape, weights, windowsAt(training, rows))
      lossSum += slope.loss * rows.length
      seen += rows.length
      descend(slope.gradients, scheduled(stepSize, (epoch - 1) * steps + step, epochsMax * steps))
      if (step % stepsPerReport === 0 && step < steps) report(progress(step))
    }
    const risks = scoreWindows(tf, shape, weights, validation.values)
    const { labels } = validation
    const now = { epoch, loss: lossSum / seen, validationLoss: crossEntropy(risks, labels), validationAuc: rocAuc({ scores: risks, labels }) }
    epochs.push(now)
    report({ ...progress(steps), validationLoss: now.validationLoss })
    if (best === undefined || now.validationLoss < best.epoch.validationLoss) best = { epoch: now, weights: copyOf(weights) }
  }
  if (best === undefined) throw new RangeError(`${epochsMax} epochs are no training`)
  return { weights: best.weights, best: best.epoch, epochs }
}

/** Loss of a batch, and the slope of it along every learned weight. */
function slopeOf(tf: Tensorflow, shape: TransformerShape, weights: NetworkWeights, { values, labels, steps, features }: LabelledWindows) {
  const names = [...weights.keys()].filter(isLearned)
  const tensors = tensorsOf(tf, weights)
  let loss = 0
  const gradients = new Map<string, Float32Array>()
  tf.tidy(() => {
    const batch: Tensor3D = tf.tensor3d(values, [labels.length, steps, features])
    const truth: Tensor2D = tf.tensor2d(Float32Array.from(labels), [labels.length, 1])
    const lossOf = (...learned: Tensor[]) => {
      const { logit } = encode(tf, shape, { ...tensors, ...Object.fromEntries(names.map((name, index) => [name, learned[index]!])) }, batch)
      return tf.softplus(logit).sub(logit.mul(truth)).mean()
    }
    const { value, grads } = tf.valueAndGrads(lossOf)(names.map((name) => tensors[name]!))
    loss = value.dataSync()[0]!
    for (const [index, name] of names.entries()) gradients.set(name, grads[index]!.dataSync() as Float32Array)
  })
  tf.dispose(tensors)
  return { loss, gradients }
}

function scheduled(largest: number, step: number, steps: number): number {
  const warmUp = steps / 10
  return step < warmUp ? (largest * step) / warmUp : (largest * (1 + Math.cos((Math.PI * (step - warmUp)) / (steps - warmUp)))) / 2
}

/** Mean, in nats. A risk of 0 or 1 counts as one that float32 can still tell from it, so that a single wrong one isn't infinitely bad. */
function crossEntropy(risks: Float32Array, labels: Uint8Array): number {
  const nearest = 1e-7
  const sum = risks.reduce((total, risk, row) => total - Math.log(Math.max(nearest, labels[row] === 1 ? risk : 1 - risk)), 0)
  return sum / risks.length
}

function copyOf(weights: NetworkWeights): NetworkWeights {
  return new Map([...weights].map(([name, { shape, values }]) => [name, { shape, values: values.slice() }]))
}

function checkLearnable(name: string, windows: LabelledWindows, shape: TransformerShape): void {
  checkWindows(windows)
  const { steps, features, labels } = windows
  if (steps !== shape.steps || features !== shape.features) {
    throw new WindowsError(`the ${name} windows are ${steps} × ${features}, the encoder takes ${shape.steps} × ${shape.features}`)
  }
  for (const label of [0, 1]) if (!labels.includes(label)) throw new WindowsError(`there is no ${name} window labelled ${label}`)
}
