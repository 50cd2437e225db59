import { expect, test } from '@jest/globals'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { encodeOnnx } from './encode-onnx.ts'
import { narrowOutputs } from './narrow-outputs.ts'
import { openOnnxModel } from './serve-onnx.ts'
import { initialWeights } from './transformer/initial-weights.ts'
import { transformerNetwork } from './transformer/transformer-network.ts'

const shape = { steps: 4, features: 3, width: 8, heads: 2, layers: 2, feedForward: 8 }
const graph = transformerNetwork(shape).toOnnx(initialWeights(shape, 1))

test('what is left says the same, and what only the others need is gone', async () => {
  const narrow = narrowOutputs(graph, ['risk'])
  expect(narrow.nodes.length).toBeLessThan(graph.nodes.length)
  const random = seededRandom(2)
  const batch = Float32Array.from({ length: 5 * shape.steps * shape.features }, () => random.normal())
  const [whole, only] = await Promise.all([graph, narrow].map(async (each) => (await openOnnxModel(encodeOnnx(each))).predict(batch, 5)))
  expect(Object.keys(only!)).toEqual(['risk'])
  expect(only!['risk']).toEqual(whole!['risk'])
})

test('an output that the graph has not is named', () => {
  expect(() => narrowOutputs(graph, ['loss'])).toThrow('no output loss')
})
