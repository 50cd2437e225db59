/** How far a training is. Plain data, told from the worker to whoever waits. */
export interface TrainingProgress {
  /** From 1. */
  readonly epoch: number
  readonly epochs: number
  /** Batches done of this epoch. */
  readonly step: number
  readonly steps: number
  /** The mean over the epoch so far; NaN where nothing is descended. */
  readonly loss: number
  /** Of the rows kept apart, once an epoch has ended. */
  readonly validationLoss?: number
}

/** Call it at least once an epoch: it is where a training over its memory bound ends. */
export type ReportProgress = (progress: TrainingProgress) => void

/**
 * What a module that trains exports: `export const train: Train<Options, Result>`, or a function like it. It runs in a worker of its own, so it
 * may compute as long as it likes.
 * @typeParam Options plain data (structured clone): rows, sizes, the seed. Never functions.
 * @typeParam Result the same: weights, figures
 */
export type Train<Options, Result> = (options: Options, report: ReportProgress) => Promise<Result>

/** The exports of such a module. */
export interface TrainingModule<Options, Result> {
  readonly train: Train<Options, Result>
}

/** What the worker is given. */
export interface TrainingOrder {
  readonly module: string
  readonly options: unknown
  readonly memoryMbMax: number
}

/** What the worker says: any number of the first, then one of the others. */
export type TrainingMessage =
  | { readonly kind: 'progress'; readonly progress: TrainingProgress }
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'failure'; readonly name: string; readonly message: string; readonly stack: string | undefined }
