import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import type * as tfjs from '@tensorflow/tfjs'

/** All that @tensorflow/tfjs exports. */
export type Tensorflow = typeof tfjs

/** What computes: wasm with SIMD, or plain JavaScript, which is five times slower. */
export type TensorflowBackend = 'wasm' | 'cpu'

export interface OpenTensorflow {
  readonly tf: Tensorflow
  readonly backend: TensorflowBackend
}

/**
 * Loads tfjs and makes a backend the one that computes. tfjs keeps one engine per process, worker or test file (in `globalThis`), so opening it
 * again gives the same engine, and the backend opened last is the one in use. Prints nothing.
 * @param wanted plain cpu takes the place of wasm where that can't be loaded
 * @param notice is told so, in one sentence
 */
export async function openTensorflow(
  wanted: TensorflowBackend = 'wasm',
  notice: (sentence: string) => void = (sentence) => process.emitWarning(sentence),
): Promise<OpenTensorflow> {
  const tf: Tensorflow = await import('@tensorflow/tfjs')
  // It greets on the console otherwise, to advertise tfjs-node.
  tf.enableProdMode()
  if (wanted === 'wasm') {
    const failure = await withoutNewListeners(() => useWasm(tf))
    if (failure === undefined) return { tf, backend: 'wasm' }
    notice(`training runs on plain JavaScript, several times slower, because tfjs's wasm backend didn't load: ${failure}`)
  }
  await tf.setBackend('cpu')
  return { tf, backend: 'cpu' }
}

/** @returns why it failed, or undefined */
async function useWasm(tf: Tensorflow): Promise<string | undefined> {
  try {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
    // Once it computes, it refuses new paths.
    if (tf.engine().registry['wasm'] === undefined) {
      const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
      setWasmPaths(join(dirname(main), '..', 'wasm-out') + sep)
    }
    return (await tf.setBackend('wasm')) ? undefined : 'it refused to start'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * The code that Emscripten generates listens for uncaught errors of the whole process, only to throw them again from another place.
 * Here that would end in the process's own handling with a misleading stack.
 */
async function withoutNewListeners<Result>(run: () => Promise<Result>): Promise<Result> {
  const events = ['uncaughtException', 'unhandledRejection'] as const
  const before = events.map((event) => new Set<unknown>(process.listeners(event as 'uncaughtException')))
  try {
    return await run()
  } finally {
    for (const [index, event] of events.entries()) {
      for (const listener of process.listeners(event as 'uncaughtException')) {
        if (!before[index]!.has(listener)) process.removeListener(event, listener)
      }
    }
  }
}
