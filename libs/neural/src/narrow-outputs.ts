import { OnnxGraphError } from './encode-onnx.ts'
import type { OnnxGraph, OnnxNode } from './onnx-model.ts'

/**
 * The graph with these outputs alone, and without what only the others need: what nobody reads isn't computed, copied or carried.
 * @throws OnnxGraphError for an output that the graph hasn't
 */
export function narrowOutputs(graph: OnnxGraph, names: readonly string[]): OnnxGraph {
  const unknown = names.find((name) => !graph.outputs.some((output) => output.name === name))
  if (unknown !== undefined) throw new OnnxGraphError(`the graph has no output ${unknown}`)
  const wanted = new Set(names)
  const nodes: OnnxNode[] = []
  // Nodes stand in the order in which they compute, so whoever needs one comes after it.
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue
    nodes.unshift(node)
    for (const input of node.inputs) wanted.add(input)
  }
  return { ...graph, outputs: graph.outputs.filter(({ name }) => names.includes(name)), nodes, initializers: graph.initializers.filter(({ name }) => wanted.has(name)) }
}
