import { TrainingError, trainInWorker } from '@ott/neural/train-in-worker'
import type { TrainingModule } from '@ott/neural/training-module'
import { TrainingDataError, type TrainRequest } from './model-trainer.ts'

/**
 * Trains in a worker thread.
 * @throws {TrainingDataError} when that is what the module throws
 */
export async function trainOnData<Module extends TrainingModule<{ readonly data: Uint8Array; readonly seed: number }, unknown>>(
  module: URL,
  { data, seed, onProgress, signal }: TrainRequest,
): Promise<Awaited<ReturnType<Module['train']>>> {
  try {
    return await trainInWorker<Module>({ module, options: { data, seed }, onProgress: ({ epoch, epochs, step, steps }) => onProgress((epoch - 1 + step / steps) / epochs), signal })
  } catch (error) {
    throw error instanceof TrainingError && error.thrown === TrainingDataError.name ? new TrainingDataError(error.message) : error
  }
}
