/** A constant of a graph: weights (float32), or shapes, axes and indices (int64). */
export interface OnnxInitializer {
  readonly name: string
  /** Empty for a scalar. */
  readonly shape: readonly number[]
  readonly values: Float32Array | BigInt64Array
}

/** What goes in or comes out of a graph. A size that is a name, such as 'batch', is known only when the graph runs. */
export interface OnnxValue {
  readonly name: string
  readonly shape: readonly (number | string)[]
  /** 'float32' where it isn't said. */
  readonly type?: 'float32' | 'int64'
}

/** ONNX tells whole numbers from others by the attribute's type, so the type is written out: `{ int: 1 }`, `{ float: 1 }`. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }

/** One operator of https://onnx.ai/onnx/operators: reads values by name, gives new ones. '' leaves out an optional input or output. */
export interface OnnxNode {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>
}

/** A computation: every node reads what inputs, initializers or nodes before it have given. */
export interface OnnxGraph {
  readonly name: string
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxInitializer[]
}

/** Weights as a constant. @throws RangeError when there are more or fewer values than the shape holds */
export function floatInitializer(name: string, shape: readonly number[], values: Float32Array): OnnxInitializer {
  return checked({ name, shape, values })
}

/** Shapes, axes and indices as a constant, one-dimensional. */
export function integerInitializer(name: string, values: readonly number[]): OnnxInitializer {
  return { name, shape: [values.length], values: BigInt64Array.from(values, BigInt) }
}

/** One number as a constant: a scale or an epsilon. */
export function scalarInitializer(name: string, value: number): OnnxInitializer {
  return { name, shape: [], values: Float32Array.of(value) }
}

/** An operator by its inputs and outputs: `onnxNode('MatMul', ['x', 'w'], ['y'])`. */
export function onnxNode(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): OnnxNode {
  return { op, inputs, outputs, attributes }
}

function checked(tensor: OnnxInitializer): OnnxInitializer {
  const size = tensor.shape.reduce((product, length) => product * length, 1)
  if (size !== tensor.values.length) {
    throw new RangeError(`${tensor.name}: a shape of [${tensor.shape.join(', ')}] holds ${size} values, there are ${tensor.values.length}`)
  }
  return tensor
}
