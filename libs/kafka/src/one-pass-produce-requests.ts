import { createRequire } from 'node:module'

type Bytes = Buffer | string | null | undefined

/** A record as the client hands it on. */
interface ClientRecord {
  readonly key?: Bytes
  readonly value: Bytes
  readonly timestamp?: string | number | null
  readonly headers?: Readonly<Record<string, Bytes | readonly Bytes[]>>
}

/** A partition's records within a request. */
interface PartitionData {
  readonly partition: number
  readonly messages: readonly ClientRecord[]
  readonly firstSequence?: number
}

/** What the client asks to be encoded. */
interface ProduceOptions {
  readonly acks: number
  readonly timeout: number
  readonly compression?: number
  readonly transactionalId?: string | null
  readonly producerId?: unknown
  readonly producerEpoch?: number
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly PartitionData[] }[]
}

/** The part of the client's encoder that is used: a buffer that grows, and how far it is written. */
interface Encoder {
  readonly buf: Buffer
  readonly offset: number
  writeInt8(value: number): Encoder
  writeInt16(value: number): Encoder
  writeInt32(value: number): Encoder
  writeUInt32(value: number): Encoder
  writeInt64(value: unknown): Encoder
  writeVarInt(value: number): Encoder
  writeVarLong(value: number): Encoder
  writeString(value: string | null): Encoder
  writeVarIntString(value: string): Encoder
  writeVarIntBytes(value: Bytes): Encoder
}

type EncoderClass = (new (initialSize: number) => Encoder) & {
  sizeOfVarInt(value: number): number
  sizeOfVarLong(value: number): number
  sizeOfVarIntBytes(value: Bytes): number
}

type Request = { request: { encode(): Promise<Encoder> }; response: unknown }
interface ProduceDefinition {
  protocol(version: { version: number }): ((options: ProduceOptions) => Request) & { isOnePass?: boolean }
}

/** Where a version of the request began to hold record batches of the second format. */
const recordBatchVersion = 3
const magicByte = 2
const transactionalBit = 16
/** Key, headers and lengths of a record, roughly; the buffer grows when it is more. */
const besideValueBytes = 400

/**
 * kafkajs 2.2.4 makes an encoder with a zero-filled buffer of its own for each header, record, batch, partition and topic and copies
 * each into the next: publishing a record costs more than deciding about it, and as much again in collecting the garbage.
 * Here the client's own encoder writes a whole request in one pass, to the same bytes. What is compressed goes the client's way.
 */
export function encodeProduceRequestsInOnePass(): void {
  const require = createRequire(import.meta.url)
  const definition = require('kafkajs/src/protocol/requests/produce') as ProduceDefinition
  const ofClient = definition.protocol
  if (ofClient({ version: recordBatchVersion }).isOnePass === true) return
  const crc32c = require('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number
  const encode = onePassEncoder(require('kafkajs/src/protocol/encoder') as EncoderClass, crc32c)
  definition.protocol = ({ version }) => {
    const make = ofClient({ version })
    if (version < recordBatchVersion) return make
    const onePass = (options: ProduceOptions) => {
      const made = make(options)
      return options.compression ? made : { ...made, request: { ...made.request, encode: async () => encode(options) } }
    }
    return Object.assign(onePass, { isOnePass: true })
  }
}

/** Record batches as Apache Kafka's protocol guide has them, "Record Batch" and "Record", inside a Produce request of versions 3 to 7. */
function onePassEncoder(Encoder: EncoderClass, crc32c: (bytes: Buffer) => number): (options: ProduceOptions) => Encoder {
  function writeRecord(out: Encoder, { key, value, headers = {} }: ClientRecord, offsetDelta: number, timestampDelta: number): void {
    const pairs = pairsOf(headers)
    const attributesBytes = 1
    let size = attributesBytes + Encoder.sizeOfVarLong(timestampDelta) + Encoder.sizeOfVarInt(offsetDelta)
    size += Encoder.sizeOfVarIntBytes(key) + Encoder.sizeOfVarIntBytes(value) + Encoder.sizeOfVarInt(pairs.length)
    for (const [name, held] of pairs) size += Encoder.sizeOfVarIntBytes(name) + Encoder.sizeOfVarIntBytes(held)
    out.writeVarInt(size).writeInt8(0).writeVarLong(timestampDelta).writeVarInt(offsetDelta)
    out.writeVarIntBytes(key).writeVarIntBytes(value).writeVarInt(pairs.length)
    for (const [name, held] of pairs) out.writeVarIntString(name).writeVarIntBytes(held)
  }

  function writePartition(out: Encoder, { partition, messages, firstSequence = 0 }: PartitionData, options: ProduceOptions): void {
    const { transactionalId, producerId = -1, producerEpoch = 0 } = options
    const nowMs = Date.now()
    const timestamps = messages.map(({ timestamp }) => Number(timestamp ?? nowMs))
    const firstMs = timestamps.reduce((first, ms) => Math.min(first, ms), Number.POSITIVE_INFINITY)
    const lastMs = timestamps.reduce((last, ms) => Math.max(last, ms), 0)
    out.writeInt32(partition)
    // Lengths and the checksum are known once the rest is written.
    const sizeAt = out.offset
    out.writeInt32(0).writeInt64(0)
    const lengthAt = out.offset
    out.writeInt32(0).writeInt32(0).writeInt8(magicByte)
    const crcAt = out.offset
    out.writeUInt32(0)
    const coveredFrom = out.offset
    out.writeInt16(transactionalId ? transactionalBit : 0).writeInt32(messages.length - 1)
    out.writeInt64(firstMs).writeInt64(lastMs)
    out.writeInt64(producerId).writeInt16(producerEpoch).writeInt32(firstSequence).writeInt32(messages.length)
    for (const [index, message] of messages.entries()) writeRecord(out, message, index, (timestamps[index] ?? firstMs) - firstMs)
    out.buf.writeInt32BE(out.offset - sizeAt - 4, sizeAt)
    out.buf.writeInt32BE(out.offset - lengthAt - 4, lengthAt)
    out.buf.writeUInt32BE(crc32c(out.buf.subarray(coveredFrom, out.offset)), crcAt)
  }

  return (options) => {
    const { acks, timeout, transactionalId = null, topicData } = options
    const out = new Encoder(sizeOf(topicData))
    out.writeString(transactionalId).writeInt16(acks).writeInt32(timeout).writeInt32(topicData.length)
    for (const { topic, partitions } of topicData) {
      out.writeString(topic).writeInt32(partitions.length)
      for (const one of partitions) writePartition(out, one, options)
    }
    return out
  }
}

/** A header with several values stands there once for each. */
function pairsOf(headers: NonNullable<ClientRecord['headers']>): (readonly [string, Bytes])[] {
  return Object.entries(headers).flatMap(([name, held]) => [held].flat().map((one) => [name, one as Bytes] as const))
}

/** About as many bytes as the request will have. */
function sizeOf(topicData: ProduceOptions['topicData']): number {
  const messages = topicData.flatMap(({ partitions }) => partitions.flatMap((one) => one.messages))
  return messages.reduce((bytes, { value }) => bytes + (value?.length ?? 0) + besideValueBytes, 0)
}
