import { seededRandom } from '@ott/anomaly/seeded-random'
import { expect, test } from '@jest/globals'
import type { LabelledWindows } from './labelled-windows.ts'
import { permutationImportance } from './permutation-importance.ts'

const [count, steps, features] = [300, 3, 3]

/** Feature 1 in the last step is the label, with noise; the others are noise. The first step of every other window is padding. */
function planted(): LabelledWindows {
  const random = seededRandom(5)
  const values = Float32Array.from({ length: count * steps * features }, () => random.normal())
  for (let row = 0; row < count; row += 2) values.fill(0, row * steps * features, row * steps * features + features)
  const labels = Uint8Array.from({ length: count }, (_, row) => (lastOf(values, row, 1) + 0.3 * random.normal() > 0 ? 1 : 0))
  return { values, labels, steps, features }
}

function lastOf(values: Float32Array, row: number, feature: number): number {
  return values[(row * steps + steps - 1) * features + feature]!
}

const byFeature1 = (values: Float32Array) => Float32Array.from({ length: count }, (_, row) => lastOf(values, row, 1))

test('only the feature that decides is important, by half of what there is to lose, and an unused one is so exactly never', async () => {
  const importance = await permutationImportance(byFeature1, planted(), { shuffles: 5, seed: 1 })
  expect(importance.map(({ mean }) => mean)).toEqual([0, expect.closeTo(0.47, 1), 0])
  expect(importance.map(({ deviation }) => deviation > 0 && deviation < 0.1)).toEqual([false, true, false])
})

test('it tells what the network uses, not what is true of the data', async () => {
  const byFeature2 = (values: Float32Array) => Float32Array.from({ length: count }, (_, row) => lastOf(values, row, 2))
  const importance = await permutationImportance(byFeature2, planted(), { shuffles: 5, seed: 1 })
  expect(importance.map(({ mean }) => Math.abs(mean) < 0.1)).toEqual([true, true, true])
})

test('the same seed gives the same figures, and the windows stay as they were', async () => {
  const windows = planted()
  const run = () => permutationImportance(byFeature1, windows, { shuffles: 3, seed: 9 })
  expect(await run()).toEqual(await run())
  expect(windows).toEqual(planted())
})

test('a course over time is exchanged as a whole, and padding stays padding', async () => {
  const windows = planted()
  const original = windows.values
  const seen: Float32Array[] = []
  await permutationImportance((values) => (seen.push(values.slice()), byFeature1(values)), windows, { shuffles: 2, seed: 1 })
  const at = (row: number, step: number, feature: number) => (row * steps + step) * features + feature
  for (const values of seen) {
    for (let row = 0; row < count; row += 1) {
      for (let step = 0; step < steps; step += 1) {
        const wasPadding = [0, 1, 2].every((feature) => original[at(row, step, feature)] === 0)
        const isPadding = [0, 1, 2].every((feature) => values[at(row, step, feature)] === 0)
        expect(isPadding).toBe(wasPadding)
      }
    }
  }
  const exchanged = seen[1]!
  const sourceOf = (row: number, step: number) => Array.from({ length: count }, (_, source) => source).find((source) => original[at(source, step, 0)] === exchanged[at(row, step, 0)])
  for (let row = 0; row < count; row += 1) expect(sourceOf(row, 1)).toBe(sourceOf(row, 2))
  expect(Array.from({ length: count }, (_, row) => sourceOf(row, 1)).filter((source, row) => source !== row).length).toBeGreaterThan(count / 2)
})

test('windows of one label only, and a single shuffle, are refused', async () => {
  const windows = planted()
  await expect(permutationImportance(byFeature1, { ...windows, labels: new Uint8Array(count) }, { shuffles: 5, seed: 1 })).rejects.toThrow(/both labels/)
  await expect(permutationImportance(byFeature1, windows, { shuffles: 1, seed: 1 })).rejects.toThrow(/1 shuffles/)
})
