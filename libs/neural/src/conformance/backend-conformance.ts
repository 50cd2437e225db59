import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { seededRandom } from '@ott/anomaly/seeded-random'
import type { NeuralBackend } from '../backend.ts'
import type { NetworkDefinition } from '../network-definition.ts'
import { decodeWeights, encodeWeights, type NetworkWeights } from '../network-weights.ts'
import { openTensorflow } from '../open-tensorflow.ts'
import type { NetworkOutputs, ServedNetwork } from '../served-network.ts'

/** Float32, outputs about 1; of larger ones that part. */
const toleranceMax = 1e-6

/**
 * What every backend must do with a network: answer as the network did that was trained, after its weights were saved and loaded.
 * @param batchOf makes plausible rows, where numbers about 0 aren't
 */
export function describeBackend(
  backend: NeuralBackend,
  definition: NetworkDefinition,
  batchOf: (rows: number, seed: number) => Float32Array = (rows, seed) => normals(rows * rowLength(definition), seed),
): void {
  describe(`${definition.name} on ${backend.name}`, () => {
    const rows = 9
    const batch = batchOf(rows, 1)
    let weights: NetworkWeights
    let expected: NetworkOutputs
    let served: ServedNetwork
    beforeAll(async () => {
      ;({ weights, expected } = await trainedNetwork(definition, batch, rows))
      served = await backend.open(definition, decodeWeights(encodeWeights(weights)))
    })
    afterAll(() => served.close())

    test('answers as the network did before it was saved, within 1e-6 in every output', async () => {
      const outputs = await served.predict(batch, rows)
      expect(Object.keys(outputs).sort()).toEqual(definition.outputs.map(({ name }) => name).sort())
      for (const { name, shape } of definition.outputs) {
        expect(outputs[name]).toHaveLength(shape.reduce((product, size) => product * size, rows))
        expect(difference(outputs[name]!, expected[name]!)).toBeLessThanOrEqual(toleranceMax)
      }
    })

    test('answers a row alone as in a batch', async () => {
      const together = await served.predict(batch, rows)
      const length = batch.length / rows
      for (let row = 0; row < rows; row += 1) {
        const alone = await served.predict(batch.slice(row * length, (row + 1) * length), 1)
        for (const [name, values] of Object.entries(alone)) {
          const part = together[name]!.subarray(row * values.length, (row + 1) * values.length)
          expect(difference(values, part)).toBeLessThanOrEqual(toleranceMax)
        }
      }
    })

    test('answers the same as long as it is open, whatever else is opened, asked and closed', async () => {
      const other = await backend.open(definition, disturbed(weights, 99))
      const [first, others] = await Promise.all([served.predict(batch, rows), other.predict(batch, rows)])
      await other.close()
      expect(await served.predict(batch, rows)).toEqual(first)
      expect(others).not.toEqual(first)
    })

    test('refuses a batch of another length or without rows', async () => {
      await expect(served.predict(batch.subarray(1), rows)).rejects.toThrow(RangeError)
      await expect(served.predict(new Float32Array(0), 0)).rejects.toThrow(RangeError)
    })

    test('refuses weights of which one is missing', async () => {
      const [first] = weights.keys()
      const incomplete = new Map([...weights].filter(([name]) => name !== first))
      await expect(backend.open(definition, incomplete)).rejects.toThrow(expect.objectContaining({ name: 'WeightsError' }))
    })
  })
}

/** As after training: no weight is what it began with, above all no bias 0, which would hide that it stands in the wrong place. */
async function trainedNetwork(definition: NetworkDefinition, batch: Float32Array, rows: number) {
  const { tf } = await openTensorflow('cpu')
  const network = definition.build(tf, 1)
  const weights = disturbed(network.weights(), 2)
  network.setWeights(weights)
  const outputs = tf.tidy(() =>
    Object.entries(network.forward(tf.tensor(batch, [rows, ...definition.input.shape]))).map(
      ([name, tensor]) => [name, Float32Array.from(tensor.dataSync())] as const,
    ),
  )
  network.dispose()
  return { weights, expected: Object.fromEntries(outputs) }
}

function disturbed(weights: NetworkWeights, seed: number): NetworkWeights {
  const random = seededRandom(seed)
  return new Map(
    [...weights].map(([name, { shape, values }]) => {
      // By a third of their own size: far larger weights than a network is trained to would measure rounding alone.
      const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length) || 1
      return [name, { shape, values: values.map((value) => value + 0.3 * size * random.normal()) }]
    }),
  )
}

function normals(length: number, seed: number): Float32Array {
  const random = seededRandom(seed)
  return Float32Array.from({ length }, () => random.normal())
}

function rowLength({ input }: NetworkDefinition): number {
  return input.shape.reduce((product, size) => product * size, 1)
}

function difference(values: Float32Array, others: Float32Array): number {
  return values.reduce((worst, value, index) => Math.max(worst, Math.abs(value - others[index]!) / Math.max(1, Math.abs(value))), 0)
}
