/** Writes one element: answers its bytes, or undefined for a value that the server had better look at itself. */
type Encode = (value: unknown) => Uint8Array | undefined

interface ElementType {
  /** From pg_type; the server refuses an array of another type than the parameter's. */
  readonly oid: number
  readonly encode: Encode
}

const textAs = (oid: number): ElementType => ({ oid, encode: (value) => (typeof value === 'string' ? Buffer.from(value) : undefined) })

/** By the names that statements cast to. */
const elementTypes: Readonly<Record<string, ElementType>> = {
  text: textAs(25),
  json: textAs(114),
  bytea: { oid: 17, encode: (value) => (value instanceof Uint8Array ? value : undefined) },
  uuid: { oid: 2950, encode: uuidBytes },
  int: { oid: 23, encode: int4Bytes },
  bigint: { oid: 20, encode: int8Bytes },
  timestamptz: { oid: 1184, encode: timeBytes },
}

const parameterPattern = /\$(\d+)::(\w+)\[\]/g
const headerBytes = 20

/** Replaces the arrays among a statement's values by what goes over the wire. */
export type EncodeArrays = (text: string, values: readonly unknown[]) => unknown[]

/**
 * Sends arrays as PostgreSQL keeps them (its source, `array_recv`): number of dimensions, whether there are nulls, the element
 * type, length and lower bound, then each element after its length. As text, which is what the client sends, every
 * character is looked at for quotes on both sides, and bytes are doubled into hexadecimal digits.
 * A parameter counts as an array when the statement casts it, `$1::text[]`; one with a value that doesn't fit its type
 * goes as text, so that the server names the fault.
 */
export function encodeArrays(): EncodeArrays {
  const typesOf = new Map<string, readonly (readonly [number, ElementType])[]>()
  return (text, values) => {
    let types = typesOf.get(text)
    if (types === undefined) {
      types = typesIn(text)
      if (typesOf.size < statementsMax) typesOf.set(text, types)
    }
    if (types.length === 0) return values as unknown[]
    const encoded = [...values]
    for (const [place, type] of types) {
      const value = encoded[place]
      if (Array.isArray(value)) encoded[place] = arrayBytes(value, type) ?? value
    }
    return encoded
  }
}

/** More texts than this are taken for texts built on the fly. */
const statementsMax = 200

function typesIn(text: string): (readonly [number, ElementType])[] {
  return [...text.matchAll(parameterPattern)].flatMap(([, number, name]) => {
    const type = elementTypes[name ?? '']
    return type === undefined ? [] : [[Number(number) - 1, type] as const]
  })
}

function arrayBytes(values: readonly unknown[], { oid, encode }: ElementType): Buffer | undefined {
  const elements: (Uint8Array | null)[] = []
  let size = headerBytes
  let hasNulls = 0
  for (const value of values) {
    const isNull = value === null || value === undefined
    const element = isNull ? null : encode(value)
    if (element === undefined) return undefined
    if (isNull) hasNulls = 1
    elements.push(element)
    size += 4 + (element?.length ?? 0)
  }
  const bytes = Buffer.allocUnsafe(size)
  const dimensions = values.length === 0 ? 0 : 1
  let at = bytes.writeInt32BE(dimensions, 0)
  at = bytes.writeInt32BE(hasNulls, at)
  at = bytes.writeInt32BE(oid, at)
  if (dimensions === 0) return bytes.subarray(0, at)
  at = bytes.writeInt32BE(values.length, at)
  at = bytes.writeInt32BE(1, at)
  for (const element of elements) {
    at = bytes.writeInt32BE(element === null ? -1 : element.length, at)
    if (element === null) continue
    bytes.set(element, at)
    at += element.length
  }
  return bytes
}

function uuidBytes(value: unknown): Buffer | undefined {
  if (typeof value !== 'string') return undefined
  const digits = value.replaceAll('-', '')
  return /^[0-9a-f]{32}$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined
}

/** The server counts microseconds from 2000-01-01. */
const epochMs = Date.UTC(2000, 0, 1)
/** RFC 3339 as far as a Date holds it: no fraction below milliseconds, no leap second. */
const utcPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:[0-5]\d(?:\.\d{1,3})?Z$/

function timeBytes(value: unknown): Buffer | undefined {
  const ms = value instanceof Date ? value.getTime() : typeof value === 'string' && utcPattern.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? undefined : int8Bytes(BigInt(ms - epochMs) * 1_000n)
}

function int4Bytes(value: unknown): Buffer | undefined {
  if (typeof value !== 'number' || (value | 0) !== value) return undefined
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int8Bytes(value: unknown): Buffer | undefined {
  const isWhole = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value)) || (typeof value === 'string' && /^-?\d{1,19}$/.test(value))
  if (!isWhole) return undefined
  const whole = BigInt(value)
  if (BigInt.asIntN(64, whole) !== whole) return undefined
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(whole)
  return bytes
}
