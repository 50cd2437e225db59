import { encodeWeights } from '@ott/neural/network-weights'
import { openTensorflow } from '@ott/neural/open-tensorflow'
import type { ReportProgress } from '@ott/neural/training-module'
import { trainingSettings, trainTransformer } from '@ott/neural/transformer/train-transformer'
import { viewerTransformer } from '@ott/neural/transformer/transformer-shape'
import { encoderWindows } from './encoder-windows.ts'
import { judgeEncoder, type JudgedEncoder } from './judge-encoder.ts'

export interface SequenceRiskTraining {
  /** Windows with what followed them, as `event-windows.ts` writes them. */
  readonly data: Uint8Array
  readonly seed: number
}

export interface FittedSequenceRisk extends JudgedEncoder {
  readonly bytes: Uint8Array
}

/** Fewer windows than this are gone through in small batches: they make too few steps otherwise. */
const windowsFew = 2_000
const batchOfFew = 16

/** Trains the encoder of a tenant's event sequences. Runs in a worker thread. */
export async function train({ data, seed }: SequenceRiskTraining, report: ReportProgress): Promise<FittedSequenceRisk> {
  const windows = encoderWindows(data, seed)
  const { training, validation } = windows
  const settings = training.labels.length < windowsFew ? { ...trainingSettings, batchSize: batchOfFew } : trainingSettings
  const { tf } = await openTensorflow('wasm')
  const { weights, best } = trainTransformer(tf, { shape: viewerTransformer, training, validation, seed, settings }, report)
  const { calibration, metrics } = await judgeEncoder(tf, weights, windows, seed)
  return { bytes: encodeWeights(weights), calibration, metrics: { ...metrics, validationAuc: best.validationAuc, epochs: best.epoch } }
}
