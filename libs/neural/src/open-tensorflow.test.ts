import { expect, jest, test } from '@jest/globals'
import * as tf from '@tensorflow/tfjs'
import { tensorflowBackend } from './backend.ts'
import { openTensorflow } from './open-tensorflow.ts'
import { sampleNetwork } from './sample-network-fixture.ts'

const absent = () => Promise.reject(Object.assign(new Error("Cannot find package '@tensorflow/tfjs-node'"), { code: 'ERR_MODULE_NOT_FOUND' }))
const withoutTfjsNode = (name: string) => (name === '@tensorflow/tfjs-node' ? absent() : import(name))

test('where wasm does not load, plain JavaScript computes, and a notice says why', async () => {
  const notices: string[] = []
  const { backend } = await openTensorflow('best', { load: absent, notice: (sentence) => notices.push(sentence) })
  expect([backend, tf.getBackend()]).toEqual(['cpu', 'cpu'])
  expect(notices).toEqual([expect.stringMatching(/wasm backend, which didn't load: Cannot find package/)])
})

test('without tfjs-node it is wasm that computes, and nobody is told of what was never installed', async () => {
  const notices: string[] = []
  const { backend } = await openTensorflow('best', { load: withoutTfjsNode, notice: (sentence) => notices.push(sentence) })
  expect([backend, tf.getBackend(), notices]).toEqual(['wasm', 'wasm', []])
})

test('nothing is printed, and no listener stays for errors of the process', async () => {
  const printed = (['log', 'info', 'warn', 'error'] as const).map((name) => jest.spyOn(console, name).mockImplementation(() => {}))
  const listeners = process.listeners('uncaughtException')
  await openTensorflow('cpu')
  await openTensorflow('wasm')
  tf.tidy(() => tf.add(1, 2).dataSync())
  expect(printed.flatMap((each) => each.mock.calls)).toEqual([])
  expect(process.listeners('uncaughtException')).toEqual(listeners)
  printed.forEach((each) => each.mockRestore())
})

test('a tfjs-node that is installed but fails when it computes is passed over with its reason', async () => {
  const notices: string[] = []
  const broken = () => {
    tf.registerBackend('tensorflow', () => {
      throw new TypeError('isNullOrUndefined is not a function')
    })
    return Promise.resolve()
  }
  await openTensorflow('wasm')
  const { backend } = await openTensorflow('best', { load: (name) => (name === '@tensorflow/tfjs-node' ? broken() : import(name)), notice: (sentence) => notices.push(sentence) })
  tf.removeBackend('tensorflow')
  expect([backend, tf.getBackend()]).toEqual(['wasm', 'wasm'])
  expect(notices).toEqual([expect.stringContaining('tensorflow backend, which')])
})

test('a tfjs-node that is installed and computes is used, and behind the same interface', async () => {
  // The package itself can't be had here: another backend under its name stands in for the library.
  const installed = async () => {
    await tf.setBackend('cpu')
    const standIn = tf.backend()
    tf.copyRegisteredKernels('cpu', 'tensorflow')
    tf.registerBackend('tensorflow', () => standIn)
  }
  const opened = await openTensorflow('best', { load: installed })
  expect([opened.backend, tf.getBackend()]).toEqual(['tensorflow', 'tensorflow'])
  const network = sampleNetwork.build(tf, 1)
  const served = await tensorflowBackend(tf, opened.backend).open(sampleNetwork, network.weights())
  const { risk } = await served.predict(new Float32Array(21).fill(2), 1)
  expect(risk).toEqual(network.forward(tf.ones([1, 7, 3]).mul(2))['risk']!.dataSync())
  expect(risk![0]).not.toBeCloseTo(0.5, 3)
})

test('the same seed gives the same first weights, and a network leaves no tensor behind', async () => {
  const { tf } = await openTensorflow('wasm')
  const before = tf.memory().numTensors
  const [first, second, other] = [5, 5, 6].map((seed) => {
    const network = sampleNetwork.build(tf, seed)
    const weights = network.weights()
    network.setWeights(weights)
    network.dispose()
    return weights
  })
  expect(second).toEqual(first)
  expect(other).not.toEqual(first)
  expect(tf.memory().numTensors).toBe(before)
})
