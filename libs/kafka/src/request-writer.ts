/** What a key, value or header may hold. */
export type Bytes = Buffer | string | null | undefined

/** Writes the protocol's primitive types one behind the other into a buffer that grows (Kafka protocol guide, "Protocol Primitive Types"). */
export class RequestWriter {
  #buffer: Buffer
  #offset = 0

  /** @param expectedBytes about as many as there will be */
  constructor(expectedBytes: number) {
    this.#buffer = Buffer.allocUnsafe(Math.max(64, expectedBytes))
  }

  /** How far it is written. */
  get offset(): number {
    return this.#offset
  }

  /** What is written, of which later writing may not be part. */
  written(from = 0): Buffer {
    return this.#buffer.subarray(from, this.#offset)
  }

  int8(value: number): this {
    this.#reserve(1)
    this.#offset = this.#buffer.writeInt8(value, this.#offset)
    return this
  }

  int16(value: number): this {
    this.#reserve(2)
    this.#offset = this.#buffer.writeInt16BE(value, this.#offset)
    return this
  }

  int32(value: number): this {
    this.#reserve(4)
    this.#offset = this.#buffer.writeInt32BE(value, this.#offset)
    return this
  }

  int64(value: bigint): this {
    this.#reserve(8)
    this.#offset = this.#buffer.writeBigInt64BE(value, this.#offset)
    return this
  }

  /** Fills in what was not known when its place was passed. */
  setInt32(value: number, at: number): void {
    this.#buffer.writeInt32BE(value | 0, at)
  }

  /** A signed 32-bit number, zig-zagged, seven bits a byte. */
  varInt(value: number): this {
    this.#reserve(5)
    let left = zigZag(value)
    while (left > 127) {
      this.#buffer[this.#offset++] = (left & 127) | 128
      left >>>= 7
    }
    this.#buffer[this.#offset++] = left
    return this
  }

  /** A whole number from 0 to 2^52, as a signed 64-bit one. */
  varLong(value: number): this {
    this.#reserve(8)
    let left = value * 2
    while (left > 127) {
      this.#buffer[this.#offset++] = (left % 128) | 128
      left = Math.floor(left / 128)
    }
    this.#buffer[this.#offset++] = left
    return this
  }

  /** Text after its length in 16 bits. */
  string(value: string | null): this {
    if (value === null) return this.int16(-1)
    const length = Buffer.byteLength(value)
    return this.int16(length).#raw(value, length)
  }

  /** Bytes or text after their length as a varInt. */
  varBytes(value: Bytes): this {
    if (value === null || value === undefined) return this.varInt(-1)
    const length = typeof value === 'string' ? Buffer.byteLength(value) : value.length
    return this.varInt(length).#raw(value, length)
  }

  #raw(value: string | Buffer, length: number): this {
    this.#reserve(length)
    if (typeof value === 'string') this.#buffer.write(value, this.#offset, length)
    else this.#buffer.set(value, this.#offset)
    this.#offset += length
    return this
  }

  #reserve(bytes: number): void {
    if (this.#offset + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe((this.#offset + bytes) * 2)
    this.#buffer.copy(larger, 0, 0, this.#offset)
    this.#buffer = larger
  }
}

export function sizeOfVarInt(value: number): number {
  return Math.ceil((32 - Math.clz32(zigZag(value) | 1)) / 7)
}

export function sizeOfVarLong(value: number): number {
  let bytes = 1
  for (let left = value * 2; left > 127; left = Math.floor(left / 128)) bytes++
  return bytes
}

export function sizeOfVarBytes(value: Bytes): number {
  if (value === null || value === undefined) return sizeOfVarInt(-1)
  const length = typeof value === 'string' ? Buffer.byteLength(value) : value.length
  return sizeOfVarInt(length) + length
}

function zigZag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0
}
