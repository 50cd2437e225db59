import { types } from 'node:util'
import protobuf from 'protobufjs/light.js'
import { onnxSchema } from './onnx-schema.ts'
import type { OnnxAttribute, OnnxGraph, OnnxInitializer, OnnxNode, OnnxValue } from './onnx-model.ts'

/** Operators as of 2023 (LayerNormalization is from 17, Gelu from 20), and the format that came with them. */
const opsetVersion = 20
const irVersion = 9

/** TensorProto.DataType */
const elementTypes = { float32: 1, int64: 7 }

/** AttributeProto.AttributeType */
const attributeTypes = { float: 1, int: 2, string: 3, floats: 6, ints: 7, strings: 8 }

/** The graph names a value that nothing gives, or gives one name twice. */
export class OnnxGraphError extends Error {
  override readonly name = 'OnnxGraphError'
}

/**
 * A graph as the bytes of an ONNX file. The same graph and metadata give the same bytes.
 * @param metadata what the file says of itself, such as its name and version
 * @throws OnnxGraphError when the graph's names don't fit together. Whether shapes do is for the runtime that opens it.
 */
export function encodeOnnx(graph: OnnxGraph, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  checkNames(graph)
  const model = {
    irVersion,
    producerName: 'ott-compliance',
    graph: {
      node: graph.nodes.map(nodeProto),
      name: graph.name,
      initializer: graph.initializers.map(tensorProto),
      input: graph.inputs.map(valueProto),
      output: graph.outputs.map(valueProto),
    },
    opsetImport: [{ domain: '', version: opsetVersion }],
    metadataProps: Object.entries(metadata)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key, value })),
  }
  const type = protobuf.Root.fromJSON(onnxSchema).lookupType('ModelProto')
  const mistake = type.verify(model)
  if (mistake !== null) throw new OnnxGraphError(`${graph.name}: ${mistake}`)
  // A copy of its own: the writer's buffer may be a view of a pool.
  return new Uint8Array(type.encode(model).finish())
}

function checkNames({ name: graph, inputs, outputs, nodes, initializers }: OnnxGraph): void {
  const known = new Set<string>()
  const define = (name: string, by: string): void => {
    if (known.has(name)) throw new OnnxGraphError(`${graph}: '${name}' of ${by} is there already`)
    known.add(name)
  }
  for (const { name } of inputs) define(name, 'the inputs')
  for (const { name } of initializers) define(name, 'the initializers')
  for (const [index, node] of nodes.entries()) {
    const missing = node.inputs.find((name) => name !== '' && !known.has(name))
    if (missing !== undefined) throw new OnnxGraphError(`${graph}: node ${index}, ${node.op}, reads '${missing}', which nothing before it gives`)
    for (const name of node.outputs) if (name !== '') define(name, `node ${index}, ${node.op},`)
  }
  const missing = outputs.find(({ name }) => !known.has(name))
  if (missing !== undefined) throw new OnnxGraphError(`${graph}: nothing gives the output '${missing.name}'`)
}

function nodeProto({ op, inputs, outputs, attributes = {} }: OnnxNode, index: number) {
  const attribute = Object.entries(attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, ...attributeProto(value) }))
  return { input: inputs, output: outputs, name: `${op}_${index}`, opType: op, attribute }
}

function attributeProto(attribute: OnnxAttribute) {
  if ('int' in attribute) return { i: attribute.int, type: attributeTypes.int }
  if ('float' in attribute) return { f: attribute.float, type: attributeTypes.float }
  if ('string' in attribute) return { s: Buffer.from(attribute.string), type: attributeTypes.string }
  if ('ints' in attribute) return { ints: attribute.ints, type: attributeTypes.ints }
  if ('floats' in attribute) return { floats: attribute.floats, type: attributeTypes.floats }
  return { strings: attribute.strings.map((each) => Buffer.from(each)), type: attributeTypes.strings }
}

function tensorProto({ name, shape, values }: OnnxInitializer) {
  return {
    dims: shape,
    // By its tag, for what comes from a worker isn't always an instance of this context's class.
    dataType: types.isFloat32Array(values) ? elementTypes.float32 : elementTypes.int64,
    name,
    // ONNX is little-endian, as is every processor that Node 24 runs on but s390x.
    rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  }
}

function valueProto({ name, shape, type = 'float32' }: OnnxValue) {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }))
  return { name, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } }
}
