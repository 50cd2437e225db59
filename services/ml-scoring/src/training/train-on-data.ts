import { TrainingError, trainInWorker } from '@ott/neural/train-in-worker'
import type { TrainingModule } from '@ott/neural/training-module'
import { TrainingDataError, type TrainingWatch } from './model-trainer.ts'

/**
 * Trains in a worker thread.
 * @param order for the module's `train`: plain data, no more than it needs
 * @throws {TrainingDataError} when that is what the module throws
 */
export async function trainOnData<Module extends TrainingModule<never, unknown>>(
  module: URL,
  order: Parameters<Module['train']>[0],
  { onProgress, signal }: TrainingWatch,
): Promise<Awaited<ReturnType<Module['train']>>> {
  try {
    return await trainInWorker<Module>({ module, options: order, onProgress: ({ epoch, epochs, step, steps }) => onProgress((epoch - 1 + step / steps) / epochs), signal })
  } catch (error) {
    throw error instanceof TrainingError && error.thrown === TrainingDataError.name ? new TrainingDataError(error.message) : error
  }
}
