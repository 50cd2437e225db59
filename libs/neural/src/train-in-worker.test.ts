import { expect, test } from '@jest/globals'
import { encodeWeights } from './network-weights.ts'
import type * as sampleTraining from './sample-training-fixture.ts'
import { trainInWorker } from './train-in-worker.ts'
import type { TrainingProgress } from './training-module.ts'

const module = new URL('./sample-training-fixture.ts', import.meta.url)
const run = (options: sampleTraining.SampleOptions, others: { signal?: AbortSignal; onProgress?: (progress: TrainingProgress) => void; memoryMbMax?: number } = {}) =>
  trainInWorker<typeof sampleTraining>({ module, options, ...others })

test('the same seed gives the same weights bit by bit, another seed others', async () => {
  const [first, second, other] = await Promise.all([run({ seed: 1 }), run({ seed: 1 }), run({ seed: 2 })])
  expect(encodeWeights(second.weights)).toEqual(encodeWeights(first.weights))
  expect(encodeWeights(other.weights)).not.toEqual(encodeWeights(first.weights))
})

test('gradients flow: the loss sinks from epoch to epoch, and each is told in order', async () => {
  const told: TrainingProgress[] = []
  const { losses } = await run({ seed: 1 }, { onProgress: (progress) => told.push(progress) })
  expect(losses).toEqual([...losses].sort((a, b) => b - a))
  expect(losses[2]).toBeLessThan(losses[0]!)
  expect(told.map(({ epoch, loss }) => [epoch, loss])).toEqual(losses.map((loss, index) => [index + 1, loss]))
})

test.each([
  ['throws-text', 'only a text'],
  ['throws', 'the loss is not a number in epoch 2'],
  ['exits', /ended by itself \(exit code 3\) without a result/],
  ['not-cloneable', /could not be cloned/],
] as const)('a training that %s rejects with what the worker said', async (fault, message) => {
  await expect(run({ seed: 1, fault })).rejects.toThrow(expect.objectContaining({ name: 'TrainingError', message: expect.stringMatching(message) }))
})

test.each([
  ['fills-heap', /out of memory|memory limit/],
  ['fills-arrays', /and 96 MiB are the most it may/],
] as const)('a training that %s beyond its bound ends, and nothing else does', async (fault, message) => {
  await expect(run({ seed: 1, fault }, { memoryMbMax: 96 })).rejects.toThrow(message)
})

test('a training is cancelled in the middle of a computation', async () => {
  const cancel = new AbortController()
  const cancelled = run({ seed: 1, fault: 'never-ends' }, { signal: cancel.signal, onProgress: () => cancel.abort(new Error('the leader changed')) })
  await expect(cancelled).rejects.toThrow('the leader changed')
})

test('a training that was cancelled before it began does not begin', async () => {
  const told: TrainingProgress[] = []
  await expect(run({ seed: 1 }, { signal: AbortSignal.abort(new Error('too late')), onProgress: (progress) => told.push(progress) })).rejects.toThrow('too late')
  expect(told).toEqual([])
})

test('what the listener to progress throws ends the training', async () => {
  const onProgress = () => {
    throw new Error('nobody listens')
  }
  await expect(run({ seed: 1, fault: 'never-ends' }, { onProgress })).rejects.toThrow('nobody listens')
})

test('a module without train, or none at all, is named', async () => {
  const another = new URL('./onnx-schema.ts', import.meta.url)
  await expect(trainInWorker<typeof sampleTraining>({ module: another, options: { seed: 1 } })).rejects.toThrow(/onnx-schema.ts exports no function train/)
  const missing = new URL('./nowhere.ts', import.meta.url)
  await expect(trainInWorker<typeof sampleTraining>({ module: missing, options: { seed: 1 } })).rejects.toThrow(/nowhere.ts/)
})

test('the event loop goes on while a worker computes', async () => {
  const cancel = new AbortController()
  let turns = 0
  const busy = run({ seed: 1, fault: 'never-ends' }, {
    signal: cancel.signal,
    onProgress: () => {
      const turn = () => (++turns < 100 ? setImmediate(turn) : cancel.abort(new Error('enough')))
      turn()
    },
  })
  await expect(busy).rejects.toThrow('enough')
  expect(turns).toBe(100)
})
