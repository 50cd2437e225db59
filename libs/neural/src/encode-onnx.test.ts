import { expect, test } from '@jest/globals'
import { encodeOnnx } from './encode-onnx.ts'
import { floatInitializer, type OnnxGraph, onnxNode } from './onnx-model.ts'
import { openOnnxModel } from './serve-onnx.ts'

const identity: OnnxGraph = {
  name: 'identity',
  inputs: [{ name: 'x', shape: ['batch', 1] }],
  outputs: [{ name: 'y', shape: ['batch', 1] }],
  initializers: [],
  nodes: [onnxNode('Identity', ['x'], ['y'])],
}

test('the same graph and metadata give the same bytes, whatever order the names were written in', () => {
  const scan = (attributes: Parameters<typeof onnxNode>[3]) => ({ ...identity, nodes: [onnxNode('Identity', ['x'], ['y'], attributes)] })
  const one = encodeOnnx(scan({ a: { int: 1 }, b: { float: 2 } }), { name: 'risk', version: '3' })
  const other = encodeOnnx(scan({ b: { float: 2 }, a: { int: 1 } }), { version: '3', name: 'risk' })
  expect(one).toEqual(other)
})

test('every kind of attribute reaches the operator', async () => {
  const graph: OnnxGraph = {
    ...identity,
    outputs: [{ name: 'y', shape: ['batch', 6] }],
    nodes: [
      onnxNode('LSTM', ['steps', 'w', 'r'], ['', 'last'], {
        hidden_size: { int: 1 },
        direction: { string: 'forward' },
        activations: { strings: ['HardSigmoid', 'Tanh', 'Tanh'] },
        activation_alpha: { floats: [0.5] },
      }),
      onnxNode('Transpose', ['last'], ['byRow'], { perm: { ints: [1, 2, 0] } }),
      onnxNode('Flatten', ['byRow'], ['flat'], { axis: { int: 1 } }),
      onnxNode('LeakyRelu', ['x'], ['leaky'], { alpha: { float: 0.25 } }),
      onnxNode('Concat', ['flat', 'leaky'], ['y'], { axis: { int: 1 } }),
    ],
  }
  const steps: OnnxGraph = {
    ...graph,
    outputs: [{ name: 'y', shape: ['batch', 2] }],
    initializers: [
      floatInitializer('w', [1, 4, 1], Float32Array.of(0.4, 0.4, 0.4, 1)),
      floatInitializer('r', [1, 4, 1], new Float32Array(4)),
    ],
    nodes: [onnxNode('Unsqueeze', ['x', 'front'], ['steps']), ...graph.nodes],
  }
  const front = { name: 'front', shape: [1], values: BigInt64Array.of(0n) }
  const served = await openOnnxModel(encodeOnnx({ ...steps, initializers: [...steps.initializers, front] }))
  const { y } = await served.predict(Float32Array.of(-1), 1)
  // One step of an LSTM by hand: gates are max(0, min(1, 0.5 · 0.4 · x + 0.5)) = 0.3, the cell's input is tanh(x).
  const hidden = 0.3 * Math.tanh(0.3 * Math.tanh(-1))
  expect(y![0]).toBeCloseTo(hidden, 6)
  expect(y![1]).toBe(-0.25)
  await served.close()
})

test.each<[string, Partial<OnnxGraph>, RegExp]>([
  ['reads what comes later', { nodes: [onnxNode('Relu', ['z'], ['y']), onnxNode('Relu', ['x'], ['z'])] }, /node 0, Relu, reads 'z'/],
  ['gives a name twice', { nodes: [onnxNode('Relu', ['x'], ['x'])] }, /'x' of node 0, Relu, is there already/],
  ['has an output that nothing gives', { outputs: [{ name: 'other', shape: ['batch'] }] }, /nothing gives the output 'other'/],
])('a graph that %s is refused by name', (_, change, message) => {
  expect(() => encodeOnnx({ ...identity, ...change })).toThrow(message)
})

test('a constant whose values do not fill its shape is refused', () => {
  expect(() => floatInitializer('w', [2, 3], new Float32Array(5))).toThrow('w: a shape of [2, 3] holds 6 values, there are 5')
})
