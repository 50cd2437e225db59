import { Worker } from 'node:worker_threads'
// A training may serve what it has trained, and be the first to load onnxruntime.
import './refuse-telemetry.ts'
import type { TrainingMessage, TrainingModule, TrainingOrder, TrainingProgress } from './training-module.ts'

/** The training failed: by its own error, for want of memory, or by ending without a result. The message is the worker's. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError'
  /** Name of what the module threw; undefined when it is the worker that failed. */
  readonly thrown: string | undefined

  constructor(message: string, { thrown, ...options }: ErrorOptions & { readonly thrown?: string } = {}) {
    super(message, options)
    this.thrown = thrown
  }
}

export interface TrainingJob<Options> {
  /** The module whose `train` is to run: `new URL('./train-lstm.ts', import.meta.url)`. */
  readonly module: URL
  /** Copied to the worker. */
  readonly options: Options
  /** Called in the caller's event loop. What it throws ends the training. */
  readonly onProgress?: (progress: TrainingProgress) => void
  /** Ends the training at once, in the middle of a batch. */
  readonly signal?: AbortSignal
  /** JavaScript's heap, arrays and wasm together; 512 where it isn't said, of which tfjs itself takes about 60. */
  readonly memoryMbMax?: number
}

/**
 * Trains in a worker thread of its own, which has ended when the promise settles. The caller's event loop is free meanwhile.
 *
 *     import type * as trainLstm from './train-lstm.ts'
 *     const result = await trainInWorker<typeof trainLstm>({ module: new URL('./train-lstm.ts', import.meta.url), options })
 *
 * One thing a thread can't contain: at its memory bound, a single array of plain numbers of 64 MB or more ends the whole process, as V8 has it. Rows
 * belong into typed arrays anyway.
 * @returns what the module's `train` returned, copied
 * @throws TrainingError when the training fails
 * @throws the signal's reason when it was aborted
 */
export async function trainInWorker<Module extends TrainingModule<never, unknown>>(
  job: TrainingJob<Parameters<Module['train']>[0]>,
): Promise<Awaited<ReturnType<Module['train']>>> {
  const { module, options, onProgress, signal, memoryMbMax = 512 } = job
  signal?.throwIfAborted()
  const order: TrainingOrder = { module: module.href, options, memoryMbMax }
  const worker = new Worker(new URL('./training-worker.ts', import.meta.url), {
    name: 'training',
    workerData: order,
    // A small young generation: Node ends a worker that reaches its bound, but the whole process when a single collection goes far beyond it.
    resourceLimits: { maxOldGenerationSizeMb: memoryMbMax, maxYoungGenerationSizeMb: 8 },
  })
  const abort = Promise.withResolvers<never>()
  const onAbort = (): void => abort.reject(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return (await Promise.race([answerOf(worker, onProgress), abort.promise])) as Awaited<ReturnType<Module['train']>>
  } finally {
    signal?.removeEventListener('abort', onAbort)
    await worker.terminate()
  }
}

function answerOf(worker: Worker, onProgress: TrainingJob<unknown>['onProgress']): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: TrainingMessage) => {
      try {
        if (message.kind === 'progress') onProgress?.(message.progress)
        else if (message.kind === 'result') resolve(message.result)
        else reject(new TrainingError(message.message, { cause: message.stack, thrown: message.name }))
      } catch (error) {
        reject(error as Error)
      }
    })
    worker.on('messageerror', (error) => reject(new TrainingError('the result of the training could not be read', { cause: error })))
    worker.on('error', (error) => reject(new TrainingError(error instanceof Error ? error.message : String(error), { cause: error })))
    worker.on('exit', (code) => reject(new TrainingError(`the training ended by itself (exit code ${code}) without a result`)))
  })
}
