import { TestEnvironment } from 'jest-environment-node'

/**
 * Jest's environment for Node, in which native packages work that make arrays of numbers, such as onnxruntime: those are of the process's own
 * classes, and a test file would otherwise have classes of its own. Jest itself does so for Uint8Array.
 */
export default class TypedArrayEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context)
    Object.assign(this.global, { Float32Array, BigInt64Array })
  }
}
