import type { ModelUpdate } from '@ott/anomaly/federated/average-updates'
import { openTensorflow } from '@ott/neural/open-tensorflow'
import type { ReportProgress } from '@ott/neural/training-module'
import { trainTransformer, trainingSettings } from '@ott/neural/transformer/train-transformer'
import { viewerTransformer } from '@ott/neural/transformer/transformer-shape'
import { encoderWindows } from './encoder-windows.ts'
import { encoderOfLearned, learnedOfEncoder } from './federated-weights.ts'

export interface EncoderUpdate {
  /** The member's windows. */
  readonly data: Uint8Array
  /** Parts the windows, the same way in every round: what judges in the end is never learned from. */
  readonly seed: number
  /** Counts from 0. */
  readonly round: number
  /** Weights of the round's beginning, in one row. */
  readonly learned: Float32Array
}

/** Few passes between two averages: members that go far apart don't average well (McMahan et al. 2017). Small batches, since members have little data. */
const settings = { ...trainingSettings, epochsMax: 4, patience: 4, batchSize: 16 }

/** What a member makes of the weights of a round by its own windows. Runs in a worker thread. */
export async function train({ data, seed, round, learned }: EncoderUpdate, report: ReportProgress): Promise<ModelUpdate> {
  const { training, validation } = encoderWindows(data, seed)
  const { tf } = await openTensorflow('wasm')
  const { weights } = trainTransformer(tf, { shape: viewerTransformer, training, validation, seed: (seed + round) >>> 0, initial: encoderOfLearned(learned), settings }, report)
  const delta = learnedOfEncoder(weights)
  for (let at = 0; at < delta.length; at += 1) delta[at]! -= learned[at]!
  return { delta, examples: training.labels.length }
}
