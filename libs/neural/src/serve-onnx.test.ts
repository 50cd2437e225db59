import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { encodeOnnx } from './encode-onnx.ts'
import { floatInitializer, integerInitializer, type OnnxGraph, onnxNode, scalarInitializer } from './onnx-model.ts'
import { openOnnxModel } from './serve-onnx.ts'
import type { ServedNetwork } from './served-network.ts'

/** y = 2 · (x · [[1, 2], [3, 4], [5, 6]]), each row's sum beside it. */
const graph: OnnxGraph = {
  name: 'product',
  inputs: [{ name: 'x', shape: ['batch', 3] }],
  outputs: [
    { name: 'y', shape: ['batch', 2] },
    { name: 'sum', shape: ['batch', 1] },
  ],
  initializers: [
    floatInitializer('w', [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6)),
    scalarInitializer('two', 2),
    integerInitializer('columns', [1]),
  ],
  nodes: [
    onnxNode('MatMul', ['x', 'w'], ['product']),
    onnxNode('Mul', ['product', 'two'], ['y']),
    onnxNode('ReduceSum', ['y', 'columns'], ['sum'], { keepdims: { int: 1 } }),
  ],
}

let served: ServedNetwork
beforeAll(async () => {
  served = await openOnnxModel(encodeOnnx(graph), { rowsMax: 3 })
})
afterAll(() => served.close())

test('a graph gives every output for every row of a batch, in one call', async () => {
  expect(await served.predict(Float32Array.of(1, 0, 0, 0, 1, 1), 2)).toEqual({ y: Float32Array.of(2, 4, 16, 20), sum: Float32Array.of(6, 36) })
})

test('an answer stays as it is while the next is given, and so does the batch', async () => {
  const batch = Float32Array.of(1, 0, 0)
  const first = await served.predict(batch, 1)
  await served.predict(Float32Array.of(0, 0, 9), 1)
  expect([first['y'], batch]).toEqual([Float32Array.of(2, 4), Float32Array.of(1, 0, 0)])
})

test.each([
  ['no rows', 0, 0, /1 to 3 rows, not 0/],
  ['more rows than allowed', 12, 4, /1 to 3 rows, not 4/],
  ['half a row', 4, 1.5, /1 to 3 rows, not 1.5/],
  ['another length', 4, 1, /1 rows of \[3\] are 3 numbers, not 4/],
])('a batch with %s is refused', async (_, length, rows, message) => {
  await expect(served.predict(new Float32Array(length), rows)).rejects.toThrow(message)
})

test.each([
  ['bytes that are no model', Uint8Array.of(1, 2, 3), /refused the model/],
  ['shapes that do not fit', encodeOnnx({ ...graph, initializers: [...graph.initializers.slice(1), scalarInitializer('w', 1)] }), /refused the model/],
  ['another open size', encodeOnnx({ ...graph, inputs: [{ name: 'x', shape: ['batch', 'length'] }] }), /only the first size/],
  ['a fixed batch', encodeOnnx({ ...graph, inputs: [{ name: 'x', shape: [1, 3] }] }), /only the first size/],
  ['a second input', encodeOnnx({ ...graph, inputs: [...graph.inputs, { name: 'z', shape: ['batch', 1] }] }), /one float32 input/],
])('a model with %s is refused with the reason', async (_, bytes, message) => {
  await expect(openOnnxModel(bytes)).rejects.toThrow(message)
})
