import { encodeWeights } from '@ott/neural/network-weights'
import { openTensorflow } from '@ott/neural/open-tensorflow'
import { encoderWindows } from './encoder-windows.ts'
import { encoderOfLearned } from './federated-weights.ts'
import type { FittedSequenceRisk } from './fit-sequence-risk.ts'
import { judgeEncoder } from './judge-encoder.ts'

export interface FinishedEncoder {
  /** The member's windows. */
  readonly data: Uint8Array
  /** As in its updates. */
  readonly seed: number
  /** Weights after the last round, in one row. */
  readonly learned: Float32Array
}

/** Makes a member's model of the weights that all members have in common: its scale and its figures are by its own windows. Runs in a worker thread. */
export async function train({ data, seed, learned }: FinishedEncoder): Promise<FittedSequenceRisk> {
  const windows = encoderWindows(data, seed)
  const weights = encoderOfLearned(learned)
  const { tf } = await openTensorflow('wasm')
  return { bytes: encodeWeights(weights), ...(await judgeEncoder(tf, weights, windows, seed)) }
}
