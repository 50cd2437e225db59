import { seededRandom } from '@ott/anomaly/seeded-random'
import { beforeAll, expect, test } from '@jest/globals'
import { presentBackends } from '../backend.ts'
import { describeBackend } from '../conformance/backend-conformance.ts'
import { openTensorflow, type Tensorflow } from '../open-tensorflow.ts'
import { transformerNetwork } from './transformer-network.ts'
import { viewerTransformer } from './transformer-shape.ts'

const { steps, features, layers, heads } = viewerTransformer
const network = transformerNetwork(viewerTransformer)
const windowLength = steps * features

/** Histories of all lengths, from a full one to none at all. */
function histories(rows: number, seed: number): Float32Array {
  const random = seededRandom(seed)
  const batch = Float32Array.from({ length: rows * windowLength }, () => 2 * random.normal() + 0.5)
  for (let row = 0; row < rows; row += 1) batch.fill(0, row * windowLength, row * windowLength + Math.round((row / (rows - 1 || 1)) * steps) * features)
  return batch
}

for (const backend of await presentBackends()) describeBackend(backend, network, histories)

let tf: Tensorflow
beforeAll(async () => ({ tf } = await openTensorflow('wasm')))

function answers(batch: Float32Array, seed = 1): { risk: Float32Array; attention: Float32Array } {
  const built = network.build(tf, seed)
  const { risk, attention } = tf.tidy(() => {
    const outputs = built.forward(tf.tensor(batch, [batch.length / windowLength, steps, features]))
    return { risk: outputs['risk']!.dataSync() as Float32Array, attention: outputs['attention']!.dataSync() as Float32Array }
  })
  built.dispose()
  return { risk, attention }
}

test('attention of every event of every head sums to 1, and none goes to padding', () => {
  const padding = 20
  const window = histories(1, 3).fill(0, 0, padding * features)
  const { attention } = answers(window)
  for (let row = 0; row < layers * heads * steps; row += 1) {
    const looks = attention.subarray(row * steps, (row + 1) * steps)
    expect(looks.reduce((sum, look) => sum + look, 0)).toBeCloseTo(1, 5)
    expect([...looks.subarray(0, padding)]).toEqual(Array<number>(padding).fill(0))
  }
})

test('the order of events matters, and so does each one', () => {
  const window = histories(1, 3)
  const turned = new Float32Array(windowLength)
  for (let step = 0; step < steps; step += 1) turned.set(window.subarray((steps - 1 - step) * features, (steps - step) * features), step * features)
  const without = window.slice().fill(0, 0, features)
  const risks = [window, turned, without].map((given) => answers(given).risk[0])
  expect(new Set(risks).size).toBe(3)
})

test('a viewer without any event is as risky as the network thinks of nobody in particular', () => {
  expect(answers(new Float32Array(windowLength)).risk[0]).toBe(0.5)
})

test('no tensor is left behind', () => {
  answers(histories(2, 1))
  const { numTensors } = tf.memory()
  answers(histories(2, 1))
  expect(tf.memory().numTensors).toBe(numTensors)
})

test('the same seed gives the same first weights, another seed others', () => {
  const first = (seed: number) => network.build(tf, seed).weights().get('layer1/attention/query/kernel')!.values
  expect(first(4)).toEqual(first(4))
  expect(first(5)).not.toEqual(first(4))
})

test('a shape that cannot be built is refused', () => {
  expect(() => transformerNetwork({ ...viewerTransformer, heads: 5 })).toThrow(/5 heads can't share a width of 32/)
  expect(() => transformerNetwork({ ...viewerTransformer, layers: 0 })).toThrow(/layers: 0/)
})
