import { weightNamed, type NetworkWeights } from '../network-weights.ts'
import { floatInitializer, integerInitializer, onnxNode, scalarInitializer, type OnnxAttribute, type OnnxGraph, type OnnxInitializer, type OnnxNode } from '../onnx-model.ts'
import { excluded, normEpsilon } from './encoder-forward.ts'
import type { TransformerShape } from './transformer-shape.ts'

/** The computation of `encode`, operator by operator. */
export function encoderOnnx(shape: TransformerShape, weights: NetworkWeights): OnnxGraph {
  const { steps, features, width, heads, layers } = shape
  const nodes: OnnxNode[] = []
  const initializers: OnnxInitializer[] = [...weights.keys()].map((name) => floatInitializer(name, weightNamed(weights, name).shape, weightNamed(weights, name).values))
  /** Adds an operator, and gives its output's name, so that operators nest like functions. */
  const apply = (op: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}, output = `${op}.${nodes.length}`): string => {
    nodes.push(onnxNode(op, inputs, [output], attributes))
    return output
  }
  const given = (initializer: OnnxInitializer) => {
    if (!initializers.some(({ name }) => name === initializer.name)) initializers.push(initializer)
    return initializer.name
  }
  const axis = (at: number) => given(integerInitializer(`axis${at}`, [at]))
  const number = (name: string, value: number) => given(scalarInitializer(name, value))
  const dense = (input: string, name: string) => apply('Add', [apply('MatMul', [input, `${name}/kernel`]), `${name}/bias`])
  const norm = (input: string) =>
    apply('LayerNormalization', [input, given(floatInitializer('ones', [width], new Float32Array(width).fill(1)))], { axis: { int: -1 }, epsilon: { float: normEpsilon } })
  // 0 keeps the size that is there: the batch.
  const byHead = (input: string, perm: readonly number[]) =>
    apply('Transpose', [apply('Reshape', [input, given(integerInitializer('byHead', [0, steps, heads, width / heads]))])], { perm: { ints: perm } })

  const size = apply('ReduceSum', [apply('Abs', ['window']), axis(-1)], { keepdims: { int: 0 } })
  const present = apply('Cast', [apply('Greater', [size, number('zero', 0)])], { to: { int: 1 } })
  const absence = apply('Mul', [apply('Sub', [present, number('one', 1)]), number('included', -excluded)])
  const absenceByKey = apply('Reshape', [absence, given(integerInitializer('byKey', [0, 1, 1, steps]))])
  const looksByLayer: string[] = []

  const standardised = apply('Mul', [apply('Sub', ['window', 'input/mean']), 'input/scale'])
  let events = apply('Add', [dense(standardised, 'embed'), 'positions'])
  for (let layer = 0; layer < layers; layer += 1) {
    const seen = norm(events)
    const query = byHead(dense(seen, `layer${layer}/attention/query`), [0, 2, 1, 3])
    const key = byHead(dense(seen, `layer${layer}/attention/key`), [0, 2, 3, 1])
    const value = byHead(dense(seen, `layer${layer}/attention/value`), [0, 2, 1, 3])
    const likeness = apply('Mul', [apply('MatMul', [query, key]), number('likenessScale', 1 / Math.sqrt(width / heads))])
    const looks = apply('Softmax', [apply('Add', [likeness, absenceByKey])], { axis: { int: -1 } })
    looksByLayer.push(apply('Unsqueeze', [looks, axis(1)]))
    const gathered = apply('Transpose', [apply('MatMul', [looks, value])], { perm: { ints: [0, 2, 1, 3] } })
    const joined = apply('Reshape', [gathered, given(integerInitializer('byEvent', [0, steps, width]))])
    events = apply('Add', [events, dense(joined, `layer${layer}/attention/output`)])
    const hidden = apply('Relu', [dense(norm(events), `layer${layer}/forward/hidden`)])
    events = apply('Add', [events, dense(hidden, `layer${layer}/forward/output`)])
  }
  const count = apply('ReduceSum', [present, axis(1)], { keepdims: { int: 1 } })
  const sum = apply('ReduceSum', [apply('Mul', [events, apply('Unsqueeze', [present, axis(-1)])]), axis(1)], { keepdims: { int: 0 } })
  const mean = apply('Div', [sum, apply('Max', [count, 'one'])])
  const furthest = apply('ReduceMax', [apply('Add', [events, apply('Unsqueeze', [absence, axis(-1)])]), axis(1)], { keepdims: { int: 0 } })
  const largest = apply('Mul', [furthest, apply('Min', [count, 'one'])])
  apply('Sigmoid', [dense(apply('Concat', [mean, largest], { axis: { int: 1 } }), 'head')], {}, 'risk')
  apply('Concat', looksByLayer, { axis: { int: 1 } }, 'attention')
  return {
    name: 'transformer',
    inputs: [{ name: 'window', shape: ['batch', steps, features] }],
    outputs: [
      { name: 'risk', shape: ['batch', 1] },
      { name: 'attention', shape: ['batch', layers, heads, steps, steps] },
    ],
    nodes,
    initializers,
  }
}
