import { encodeOnnx } from './encode-onnx.ts'
import type { BuiltNetwork, NetworkDefinition } from './network-definition.ts'
import type { NetworkWeights } from './network-weights.ts'
import { openTensorflow, type Tensorflow, type TensorflowBackend, type TensorflowOptions } from './open-tensorflow.ts'
import { checkBatch, type NetworkOutputs, type ServedNetwork } from './served-network.ts'

/** Something that computes a network from its weights. Every backend gives the same outputs within 1e-6 (float32). */
export interface NeuralBackend {
  readonly name: 'onnxruntime' | `tfjs-${'node' | 'wasm' | 'cpu'}`
  /** @throws WeightsError when the weights aren't those of the network */
  open(definition: NetworkDefinition, weights: NetworkWeights): Promise<ServedNetwork>
}

/** Every backend that loads on this machine, the fastest to answer first. */
export async function presentBackends(options: TensorflowOptions = {}): Promise<NeuralBackend[]> {
  const backends: NeuralBackend[] = []
  const onnxruntime = await onnxruntimeBackend().catch((error: unknown) => {
    options.notice?.(`networks are served without onnxruntime, which didn't load: ${String(error)}`)
  })
  if (onnxruntime !== undefined) backends.push(onnxruntime)
  for (const wanted of ['tensorflow', 'wasm', 'cpu'] as const) {
    const { tf, backend } = await openTensorflow(wanted, { ...options, notice: () => {} })
    if (backend === wanted) backends.push(tensorflowBackend(tf, backend))
  }
  return backends
}

/** Serves through ONNX. Rejects where onnxruntime has no library for this machine. */
export async function onnxruntimeBackend(): Promise<NeuralBackend> {
  const { openOnnxModel } = await import('./serve-onnx.ts')
  return {
    name: 'onnxruntime',
    open: async (definition, weights) => openOnnxModel(encodeOnnx(definition.toOnnx(weights), { name: definition.name })),
  }
}

/** Answers by the network that was trained, for where onnxruntime is missing, and as the measure of what ONNX must give. */
export function tensorflowBackend(tf: Tensorflow, backend: TensorflowBackend): NeuralBackend {
  return {
    name: backend === 'tensorflow' ? 'tfjs-node' : `tfjs-${backend}`,
    async open(definition, weights) {
      await tf.setBackend(backend)
      const network = definition.build(tf, 0)
      try {
        network.setWeights(weights)
      } catch (error) {
        network.dispose()
        throw error
      }
      return servedByTensorflow(tf, backend, definition, network)
    },
  }
}

function servedByTensorflow(tf: Tensorflow, backend: TensorflowBackend, { input }: NetworkDefinition, network: BuiltNetwork): ServedNetwork {
  return {
    rowShape: input.shape,
    async predict(batch, rows): Promise<NetworkOutputs> {
      checkBatch(batch, rows, input.shape)
      await tf.setBackend(backend)
      return tf.tidy(() => {
        const outputs = network.forward(tf.tensor(batch, [rows, ...input.shape], 'float32'))
        return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, Float32Array.from(tensor.dataSync())]))
      })
    },
    close() {
      network.dispose()
      return Promise.resolve()
    },
  }
}
