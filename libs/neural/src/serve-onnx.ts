import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { RowShape } from './network-definition.ts'

/** Outputs by name, each of them all rows one after another. */
export type NetworkOutputs = Readonly<Record<string, Float32Array>>

/** A network that answers. Nothing in it changes from one answer to the next. */
export interface ServedNetwork {
  /** Of one row: what follows the batch in the shape of the input. */
  readonly rowShape: readonly number[]
  /**
   * @param batch all rows one after another; not kept
   * @param rows how many, at least one
   * @throws RangeError when the batch is empty, too large, or has another length than its rows take
   */
  predict(batch: Float32Array, rows: number): Promise<NetworkOutputs>
  /** Frees what the network holds outside JavaScript's heap. */
  close(): Promise<void>
}

/** The bytes aren't a model that is served here. */
export class OnnxModelError extends Error {
  override readonly name = 'OnnxModelError'
}

/**
 * Opens an ONNX model with one float32 input, whose first dimension is the batch.
 *
 * `predict` is one call of onnxruntime for the whole batch, on one thread: it waits for the next turn of the event loop and **blocks it for
 * as long as the network computes** (about 0.03 ms a row here). That is cheaper than to hand a batch to another thread, but keep batches
 * short where others wait.
 *
 * @param rowsMax the most rows in one call: bounds how long it blocks, and what it takes of memory
 * @throws OnnxModelError when onnxruntime refuses the bytes, or the model has another kind of input
 */
export async function openOnnxModel(bytes: Uint8Array, { rowsMax = 4096 }: { rowsMax?: number } = {}): Promise<ServedNetwork> {
  const session = await openSession(bytes)
  const [input, ...others] = session.inputMetadata.map(rowTensor)
  if (input === undefined || others.length > 0) {
    await session.release()
    throw new OnnxModelError('a model here has one float32 input, of which only the first size, the batch, is open')
  }
  return {
    rowShape: input.shape,
    async predict(batch, rows) {
      if (!Number.isInteger(rows) || rows < 1 || rows > rowsMax) throw new RangeError(`a batch has 1 to ${rowsMax} rows, not ${rows}`)
      if (batch.length !== rows * input.length) {
        throw new RangeError(`${rows} rows of [${input.shape.join(', ')}] are ${rows * input.length} numbers, not ${batch.length}`)
      }
      const results = await session.run({ [input.name]: new Tensor('float32', batch, [rows, ...input.shape]) })
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]))
    },
    close: () => session.release(),
  }
}

interface RowTensor extends RowShape {
  /** How many numbers a row has. */
  readonly length: number
}

function rowTensor(value: InferenceSession.ValueMetadata): RowTensor | undefined {
  if (!value.isTensor || value.type !== 'float32') return undefined
  const [batch, ...shape] = value.shape
  if (typeof batch !== 'string' || !areSizes(shape)) return undefined
  return { name: value.name, shape, length: shape.reduce((product, size) => product * size, 1) }
}

async function openSession(bytes: Uint8Array): Promise<InferenceSession> {
  try {
    // Threads would only wait for one another on networks as small as these. 4 is fatal: nothing is logged, errors are thrown.
    return await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
    })
  } catch (error) {
    throw new OnnxModelError(`onnxruntime refused the model: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

function areSizes(shape: (number | string)[]): shape is number[] {
  return shape.every((size) => typeof size === 'number')
}
