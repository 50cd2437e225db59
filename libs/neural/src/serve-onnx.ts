// First of all: modules are evaluated in this order.
import './refuse-telemetry.ts'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { RowShape } from './network-definition.ts'
import { checkBatch, rowsMaxDefault, type ServedNetwork } from './served-network.ts'

/** The bytes aren't a model that is served here. */
export class OnnxModelError extends Error {
  override readonly name = 'OnnxModelError'
}

/**
 * Opens an ONNX model with one float32 input, whose first dimension is the batch.
 *
 * `predict` is one call of onnxruntime for the whole batch, on one thread: it waits for the next turn of the event loop and **blocks it for
 * as long as the network computes**, 0.02 to 0.07 ms a row for the networks here. That is cheaper than to hand a batch to another thread, but
 * the default of `rowsMax` may take 0.3 s: a stage sets its own.
 *
 * @param rowsMax the most rows in one call
 * @throws OnnxModelError when onnxruntime refuses the bytes, or the model has another kind of input
 */
export async function openOnnxModel(bytes: Uint8Array, { rowsMax = rowsMaxDefault }: { rowsMax?: number } = {}): Promise<ServedNetwork> {
  const session = await openSession(bytes)
  const [input, ...others] = session.inputMetadata.map(rowTensor)
  if (input === undefined || others.length > 0) {
    await session.release()
    throw new OnnxModelError('a model here has one float32 input, of which only the first size, the batch, is open')
  }
  return {
    rowShape: input.shape,
    async predict(batch, rows) {
      checkBatch(batch, rows, input.shape, rowsMax)
      const results = await session.run({ [input.name]: new Tensor('float32', batch, [rows, ...input.shape]) })
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]))
    },
    close: () => session.release(),
  }
}

function rowTensor(value: InferenceSession.ValueMetadata): RowShape | undefined {
  if (!value.isTensor || value.type !== 'float32') return undefined
  const [batch, ...shape] = value.shape
  if (typeof batch !== 'string' || !areSizes(shape)) return undefined
  return { name: value.name, shape }
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
