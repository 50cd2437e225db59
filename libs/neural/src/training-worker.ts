import { parentPort, workerData } from 'node:worker_threads'
import type { TrainingMessage, TrainingModule, TrainingOrder } from './training-module.ts'

// The worker's own program: trains as it was ordered, says what came of it, and ends.
const { module, options, memoryMbMax } = workerData as TrainingOrder
const say = (message: TrainingMessage): void => parentPort?.postMessage(message)

/** The worker's alone, wasm included: the limits that Node itself sets on a worker leave out all that isn't in JavaScript's heap. */
function checkMemory(): void {
  const { heapUsed, external } = process.memoryUsage()
  const used = Math.round((heapUsed + external) / 2 ** 20)
  if (used > memoryMbMax) throw new Error(`training takes ${used} MiB, and ${memoryMbMax} MiB are the most it may`)
}

try {
  const { train } = (await import(module)) as Partial<TrainingModule<unknown, unknown>>
  if (typeof train !== 'function') throw new Error(`${module} exports no function train`)
  checkMemory()
  const result = await train(options, (progress) => {
    checkMemory()
    say({ kind: 'progress', progress })
  })
  checkMemory()
  say({ kind: 'result', result })
} catch (error) {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  say({ kind: 'failure', name, message, stack })
}
