/** One array of a network's weights, row by row. */
export interface WeightArray {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** All that training has learned of a network, by name: 'lstm/kernel'. Goes through a worker's messages as it is. */
export type NetworkWeights = ReadonlyMap<string, WeightArray>

/** Bytes that aren't weights, or weights that aren't those of the network at hand. */
export class WeightsError extends Error {
  override readonly name = 'WeightsError'
}

/** More than any network here has; a file that claims more is refused before memory is taken for it. */
const headerBytesMax = 1_000_000

/** Names in one order whatever order they were put in, so that equal weights are equal bytes. */
export function weightNames(weights: NetworkWeights): string[] {
  return [...weights.keys()].sort()
}

/** @throws WeightsError when there is none of that name */
export function weightNamed(weights: NetworkWeights, name: string): WeightArray {
  const weight = weights.get(name)
  if (weight === undefined) throw new WeightsError(`there is no weight '${name}' among ${weightNames(weights).join(', ')}`)
  return weight
}

/** @throws WeightsError when names or shapes differ, saying which */
export function checkSameShapes(weights: NetworkWeights, like: NetworkWeights): void {
  for (const name of like.keys()) {
    const [found, wanted] = [weightNamed(weights, name), weightNamed(like, name)].map(({ shape }) => `[${shape.join(', ')}]`)
    if (found !== wanted) throw new WeightsError(`${name}: the shape is ${found}, not ${wanted}`)
  }
  const surplus = weightNames(weights).find((name) => !like.has(name))
  if (surplus !== undefined) throw new WeightsError(`${surplus}: the network has no such weight`)
}

/** Every weight in one row, by name: what federated averaging adds up. */
export function flattenWeights(weights: NetworkWeights): Float32Array {
  const names = weightNames(weights)
  const flat = new Float32Array(names.reduce((total, name) => total + weightNamed(weights, name).values.length, 0))
  let offset = 0
  for (const name of names) {
    const { values } = weightNamed(weights, name)
    flat.set(values, offset)
    offset += values.length
  }
  return flat
}

/** The inverse of flattenWeights. @param like says names and shapes. @throws WeightsError when the lengths differ */
export function unflattenWeights(flat: Float32Array, like: NetworkWeights): NetworkWeights {
  const weights = new Map<string, WeightArray>()
  let offset = 0
  for (const name of weightNames(like)) {
    const { shape, values } = weightNamed(like, name)
    weights.set(name, { shape, values: flat.slice(offset, offset + values.length) })
    offset += values.length
  }
  if (offset !== flat.length) throw new WeightsError(`the network has ${offset} weights, not ${flat.length}`)
  return weights
}

/**
 * Weights as a safetensors file (https://github.com/huggingface/safetensors): the length of a JSON header, the header, the
 * float32 values. Equal weights give equal bytes, so their SHA-256 names them.
 */
export function encodeWeights(weights: NetworkWeights): Uint8Array {
  let end = 0
  const entries = weightNames(weights).map((name) => {
    const { shape, values } = weightNamed(weights, name)
    if (sizeOf(shape) !== values.length) throw new WeightsError(`${name}: a shape of [${shape.join(', ')}] doesn't hold ${values.length} values`)
    const begin = end
    end += values.byteLength
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype: 'F32', shape, data_offsets: [begin, end] })}`
  })
  const json = Buffer.from(`{${entries.join(',')}}`)
  // Padded with spaces, as the format asks, so that the values begin at a multiple of 8.
  const headerBytes = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + headerBytes + end).fill(0x20, 8, 8 + headerBytes)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(headerBytes), true)
  bytes.set(json, 8)
  flattenWeights(weights).forEach((value, index) => view.setFloat32(8 + headerBytes + 4 * index, value, true))
  return bytes
}

/** The inverse of encodeWeights. @throws WeightsError naming what is wrong with the bytes */
export function decodeWeights(bytes: Uint8Array): NetworkWeights {
  if (bytes.length < 8) throw new WeightsError(`${bytes.length} bytes are no weights`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerBytes = Number(view.getBigUint64(0, true))
  if (headerBytes > headerBytesMax || 8 + headerBytes > bytes.length) throw new WeightsError(`the header says it has ${headerBytes} bytes`)
  const weights = new Map<string, WeightArray>()
  let expected = 0
  const entries = Object.entries(parseHeader(bytes.subarray(8, 8 + headerBytes)))
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => checkedEntry(name, entry))
    // Of two that begin at one place the first is empty.
    .sort((a, b) => a.begin - b.begin || a.end - b.end)
  for (const { name, shape, begin, end } of entries) {
    if (begin !== expected || 8 + headerBytes + end > bytes.length) throw new WeightsError(`${name}: its values aren't where they belong`)
    const values = new Float32Array((end - begin) / 4)
    for (let index = 0; index < values.length; index += 1) values[index] = view.getFloat32(8 + headerBytes + begin + 4 * index, true)
    weights.set(name, { shape, values })
    expected = end
  }
  if (8 + headerBytes + expected !== bytes.length) throw new WeightsError(`${bytes.length - 8 - headerBytes - expected} bytes belong to no weight`)
  return weights
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(Buffer.from(bytes).toString())
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return header as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new WeightsError('the header is no JSON object')
}

function checkedEntry(name: string, entry: unknown): { name: string; shape: number[]; begin: number; end: number } {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown }
  if (dtype !== 'F32') throw new WeightsError(`${name}: weights are F32, not ${String(dtype)}`)
  if (!isSizes(shape)) throw new WeightsError(`${name}: the shape is no list of sizes`)
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[1]! - offsets[0]! !== 4 * sizeOf(shape)) {
    throw new WeightsError(`${name}: data_offsets don't fit the shape`)
  }
  return { name, shape, begin: offsets[0]!, end: offsets[1]! }
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}
