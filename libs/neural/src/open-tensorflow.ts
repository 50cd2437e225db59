import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import type * as tfjs from '@tensorflow/tfjs'
import type * as wasm from '@tensorflow/tfjs-backend-wasm'

/** All that @tensorflow/tfjs exports. */
export type Tensorflow = typeof tfjs

/** Who computes: TensorFlow's own library (through tfjs-node), wasm with SIMD, or plain JavaScript, which takes five times as long as wasm. */
export type TensorflowBackend = 'tensorflow' | 'wasm' | 'cpu'

export interface OpenTensorflow {
  readonly tf: Tensorflow
  readonly backend: TensorflowBackend
}

export interface TensorflowOptions {
  /** Told in one sentence why a backend that was wanted, or is installed, is not the one in use. */
  readonly notice?: (sentence: string) => void
  /** Loads the package of a backend. */
  readonly load?: LoadPackage
}

type LoadPackage = (name: string) => Promise<unknown>

/**
 * Loads tfjs and makes a backend the one that computes. tfjs keeps one engine per process, worker or test file (in `globalThis`), so
 * opening it again gives the same engine, and the backend opened last is the one in use. Prints nothing.
 * @param wanted plain cpu takes its place where it can't be loaded; 'best' is tfjs-node where that is installed, else wasm
 */
export async function openTensorflow(
  wanted: TensorflowBackend | 'best' = 'best',
  { notice = (sentence) => process.emitWarning(sentence), load = (name) => import(name) }: TensorflowOptions = {},
): Promise<OpenTensorflow> {
  const tf: Tensorflow = await import('@tensorflow/tfjs')
  // It greets on the console otherwise, to advertise tfjs-node.
  tf.enableProdMode()
  const tries = { best: ['tensorflow', 'wasm'] as const, tensorflow: ['tensorflow'] as const, wasm: ['wasm'] as const, cpu: [] }[wanted]
  for (const backend of tries) {
    const failure = backend === 'wasm' ? await withoutNewListeners(() => useWasm(tf, load)) : await useTensorflow(tf, load)
    if (failure === undefined) return { tf, backend }
    const missing = failure === notInstalled && wanted === 'best'
    if (!missing) notice(`tfjs computes without its ${backend} backend, which didn't load: ${failure}`)
  }
  await tf.setBackend('cpu')
  return { tf, backend: 'cpu' }
}

const notInstalled = '@tensorflow/tfjs-node is not installed'

/**
 * tfjs-node isn't a dependency: its prebuilt library can't be downloaded any more, and it calls what Node 23 took away. Who has built it
 * themselves finds it used. It fails only when it computes, so it has to add once.
 */
async function useTensorflow(tf: Tensorflow, load: LoadPackage): Promise<string | undefined> {
  const before = tf.engine().backendName
  try {
    await load('@tensorflow/tfjs-node')
    if (!(await tf.setBackend('tensorflow'))) return 'it refused to start'
    tf.tidy(() => tf.add(1, tf.tensor([1, 2])).dataSync())
    return undefined
  } catch (error) {
    if (before !== undefined) await tf.setBackend(before)
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' ? notInstalled : reason(error)
  }
}

/** @returns why it failed, or undefined */
async function useWasm(tf: Tensorflow, load: LoadPackage): Promise<string | undefined> {
  try {
    const { setWasmPaths } = (await load('@tensorflow/tfjs-backend-wasm')) as typeof wasm
    // Once it computes, it refuses new paths.
    if (tf.engine().registry['wasm'] === undefined) {
      const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
      setWasmPaths(join(dirname(main), '..', 'wasm-out') + sep)
    }
    return (await tf.setBackend('wasm')) ? undefined : 'it refused to start'
  } catch (error) {
    return reason(error)
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
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
