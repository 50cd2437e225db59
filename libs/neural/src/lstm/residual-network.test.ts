import { expect, test } from '@jest/globals'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { onnxruntimeBackend, presentBackends } from '../backend.ts'
import { describeBackend } from '../conformance/backend-conformance.ts'
import { encodeWeights } from '../network-weights.ts'
import { forecastSeries } from './forecast-series.ts'
import { residualNetwork } from './residual-network.ts'
import { residualExamples } from './residual-windows.ts'
import { train } from './train-residual-network.ts'

for (const backend of await presentBackends()) describeBackend(backend, residualNetwork)

/** Residuals that rise and fall together with the day, beside noise: more than half of them can be forecast a day ahead. */
function wavySeries(seed: number, hours: number) {
  const random = seededRandom(seed)
  return { start: 0, residuals: Float64Array.from({ length: hours }, (_, hour) => 1.2 * Math.sin((2 * Math.PI * hour) / 24) + 0.5 * random.normal()) }
}

const examples = residualExamples([wavySeries(1, 500), wavySeries(2, 500)], 300)
const training = { examples, epochs: 6, seed: 3 }

test('what can be foretold is learned: on a series not seen before, less remains about the forecast than without it', async () => {
  const losses: number[] = []
  const weights = await train(training, ({ loss }) => losses.push(loss))
  expect(losses).toHaveLength(6)
  expect(losses.at(-1)).toBeLessThan(losses[0]!)
  const served = await (await onnxruntimeBackend()).open(residualNetwork, weights)
  const series = wavySeries(9, 300)
  const shifts = await forecastSeries(served, series)
  await served.close()
  const meanSquare = (of: (hour: number) => number) => Array.from({ length: 200 }, (_, index) => of(100 + index) ** 2).reduce((sum, square) => sum + square, 0) / 200
  expect(meanSquare((hour) => series.residuals[hour]! - shifts[hour]!)).toBeLessThan(0.7 * meanSquare((hour) => series.residuals[hour]!))
}, 20_000)

test('the same examples and seed give the same weights, another seed others', async () => {
  const short = { ...training, epochs: 1 }
  const [first, second] = [await train(short, () => {}), await train(short, () => {})]
  expect(encodeWeights(second)).toEqual(encodeWeights(first))
  expect(encodeWeights(await train({ ...short, seed: 4 }, () => {}))).not.toEqual(encodeWeights(first))
}, 20_000)

test('series without three days in a row cannot train it', async () => {
  await expect(train({ ...training, examples: residualExamples([wavySeries(1, 71)], 10) }, () => {})).rejects.toThrow(RangeError)
})
