import { createHash } from 'node:crypto'

/** What a model consists of: a few whole or real numbers, and arrays of them. Names in this order are written in this order. */
export interface ModelContent {
  readonly numbers: Readonly<Record<string, number>>
  readonly arrays: Readonly<Record<string, Float64Array | Uint32Array | Uint16Array>>
}

/** Bytes that are no model, a damaged one, or one of another kind or format than expected. */
export class DetectorBytesError extends Error {
  override readonly name = 'DetectorBytesError'
}

const magic = new TextEncoder().encode('OTTMODEL')
const arrayTypes = { Float64Array, Uint32Array, Uint16Array }
type ArrayType = keyof typeof arrayTypes

interface Header {
  readonly kind: string
  readonly version: number
  readonly numbers: Record<string, number>
  readonly arrays: readonly (readonly [name: string, type: ArrayType, length: number])[]
}

const aligned = (offset: number) => Math.ceil(offset / 8) * 8
const digestLength = 32
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

/**
 * A model as bytes: `OTTMODEL`, the header's length (uint32), the header as JSON, each array at the next multiple of 8, and SHA-256 of all
 * that. Numbers are little-endian, the order of every machine this runs on.
 * @param version of what the names mean; the reader takes no other
 */
export function toDetectorBytes(kind: string, version: number, { numbers, arrays }: ModelContent): Uint8Array {
  const named = Object.entries(arrays)
  const header: Header = {
    kind,
    version,
    numbers,
    arrays: named.map(([name, array]) => [name, array.constructor.name as ArrayType, array.length]),
  }
  const text = new TextEncoder().encode(JSON.stringify(header))
  const start = aligned(magic.length + 4 + text.length)
  const end = named.reduce((offset, [, array]) => aligned(offset + array.byteLength), start)
  const bytes = new Uint8Array(end + digestLength)
  bytes.set(magic)
  new DataView(bytes.buffer).setUint32(magic.length, text.length, true)
  bytes.set(text, magic.length + 4)
  let offset = start
  for (const [, array] of named) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset)
    offset = aligned(offset + array.byteLength)
  }
  bytes.set(digestOf(bytes.subarray(0, end)), end)
  return bytes
}

/**
 * Reads what `toDetectorBytes` wrote; the arrays are copies.
 * @throws DetectorBytesError that says what is wrong
 */
export function fromDetectorBytes(bytes: Uint8Array, kind: string, version: number): ModelContent {
  const { header, start } = readHeader(bytes)
  if (header.kind !== kind) throw new DetectorBytesError(`these bytes are a model of kind ${header.kind}, not ${kind}`)
  if (header.version !== version) throw new DetectorBytesError(`${kind}: format ${header.version} is not the one that is read, ${version}`)
  const arrays: Record<string, Float64Array | Uint32Array | Uint16Array> = {}
  let offset = start
  for (const [name, type, length] of header.arrays) {
    const size = length * arrayTypes[type].BYTES_PER_ELEMENT
    arrays[name] = new arrayTypes[type](bytes.slice(offset, offset + size).buffer)
    offset = aligned(offset + size)
  }
  return { numbers: header.numbers, arrays }
}

/** The kind of model that the bytes are. @throws DetectorBytesError when they are none or damaged */
export function kindOfDetectorBytes(bytes: Uint8Array): string {
  return readHeader(bytes).header.kind
}

/** One of the numbers. @throws DetectorBytesError when it isn't there or outside of its bounds */
export function numberOf({ numbers }: ModelContent, name: string, { least = -Infinity, most = Infinity } = {}): number {
  const value = numbers[name]
  if (typeof value !== 'number' || !(value >= least && value <= most)) throw new DetectorBytesError(`${name}: ${value} is not from ${least} to ${most}`)
  return value
}

/** One of the arrays. @throws DetectorBytesError when it isn't there, or of another type or length */
export function arrayOf<Type extends ArrayType>(
  { arrays }: ModelContent,
  name: string,
  type: Type,
  length?: number,
): InstanceType<(typeof arrayTypes)[Type]> {
  const array = arrays[name]
  if (array?.constructor !== arrayTypes[type]) throw new DetectorBytesError(`${name}: no ${type}`)
  if (length !== undefined && array.length !== length) throw new DetectorBytesError(`${name}: ${array.length} numbers instead of ${length}`)
  return array as InstanceType<(typeof arrayTypes)[Type]>
}

function readHeader(bytes: Uint8Array): { readonly header: Header; readonly start: number } {
  if (!magic.every((byte, index) => bytes[index] === byte)) throw new DetectorBytesError('these bytes are no model: they begin with something else')
  const end = bytes.length - digestLength
  if (end < magic.length + 4) throw new DetectorBytesError('the model is cut off')
  if (!digestOf(bytes.subarray(0, end)).equals(bytes.subarray(end))) throw new DetectorBytesError('the model is damaged: its checksum differs')
  // What the checksum vouches for was written by toDetectorBytes, or forged with care; lengths are checked because reading follows them.
  const textLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true)
  const start = aligned(magic.length + 4 + textLength)
  if (start > end) throw new DetectorBytesError('the model is cut off')
  let header: Header
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(magic.length + 4, magic.length + 4 + textLength))) as Header
  } catch {
    throw new DetectorBytesError('the header of the model is no JSON')
  }
  let offset = start
  for (const [name, type, length] of header.arrays) {
    if (!Object.hasOwn(arrayTypes, type) || !Number.isSafeInteger(length) || length < 0) throw new DetectorBytesError(`${name}: no array of a known type`)
    offset = aligned(offset + length * arrayTypes[type].BYTES_PER_ELEMENT)
  }
  if (offset !== end) throw new DetectorBytesError(`the model has ${end - start} bytes of arrays, its header speaks of ${offset - start}`)
  return { header, start }
}
