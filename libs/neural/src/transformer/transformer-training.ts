import { openTensorflow } from '../open-tensorflow.ts'
import type { ReportProgress } from '../training-module.ts'
import { trainTransformer, type TrainedTransformer, type TransformerTraining } from './train-transformer.ts'

/** The training module of the Transformer, for `trainInWorker`. */
export async function train(options: TransformerTraining, report: ReportProgress): Promise<TrainedTransformer> {
  const { tf } = await openTensorflow('wasm')
  return trainTransformer(tf, options, report)
}
