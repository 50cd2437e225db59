import type { ModelName } from '@ott/contracts/model-configured'
import type { Label } from '../labels/label-store.ts'
import type { TrainedModel } from '../registry/model-registry.ts'
import type { TrainingRecord } from '../registry/model-version.ts'
import type { TrainingMetrics } from './training-run-store.ts'
import type { PastEvent } from './read-history.ts'

/** Works through a tenant's history, in the order of arrival. */
export interface HistoryReader {
  add(event: PastEvent): void
  /** What is trained on, without anybody's name: the same history, labels and seed give the same bytes. */
  finish(): Uint8Array
}

export interface TrainedArtefact {
  /** How the bytes are to be read. */
  readonly kind: string
  readonly bytes: Uint8Array
  readonly metadata: Readonly<Record<string, unknown>>
  readonly metrics: TrainingMetrics
  /** The metric by which versions are compared, and the worst value worth serving; measured on data that wasn't trained on. */
  readonly validation: { readonly metric: string; readonly better: 'higher' | 'lower'; readonly worst?: number }
}

/** From what, and by which run, an artefact was made. */
export type MadeBy = Pick<TrainingRecord, 'dataSha256' | 'seed' | 'codeVersion'> & { readonly runId: string }

/** An artefact as it is registered; metrics without a value are left out. */
export function trainedModel(model: ModelName, { kind, bytes, metadata, metrics, validation }: TrainedArtefact, madeBy: MadeBy): TrainedModel {
  const measured = Object.fromEntries(Object.entries(metrics).filter((metric): metric is [string, number] => metric[1] !== null && Number.isFinite(metric[1])))
  return { model, kind, metadata, bytes, training: { ...madeBy, metrics: measured, validation } }
}

/** Who waits for a training. */
export interface TrainingWatch {
  /** Called with the share that is done, 0 to 1. */
  onProgress(share: number): void
  readonly signal: AbortSignal
}

export interface TrainRequest extends TrainingWatch {
  readonly data: Uint8Array
  readonly seed: number
}

/** What a training needs to be other than broken: too little data, all of one kind. The message is for whoever asked for the training. */
export class TrainingDataError extends Error {
  override readonly name = 'TrainingDataError'
}

/** How one of the models is trained. */
export interface ModelTrainer {
  readonly model: ModelName
  read(options: { readonly seed: number; readonly labels: readonly Label[]; readonly toMs: number }): HistoryReader
  /**
   * Trains in a worker thread.
   * @throws {TrainingDataError} for data that nothing can be learned from
   */
  train(request: TrainRequest): Promise<TrainedArtefact>
}
