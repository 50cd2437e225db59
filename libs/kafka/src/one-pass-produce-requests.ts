import { createRequire } from 'node:module'
import { RequestWriter, sizeOfVarBytes, sizeOfVarInt, sizeOfVarLong, type Bytes } from './request-writer.ts'

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

/** What the client's encoder is to its neighbours: a buffer, and how far it is written. */
interface Encoder {
  buf: Buffer
  offset: number
}

type EncoderClass = new (initialSize: number) => Encoder

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
 * each into the next, and an array for each length: publishing a record costs more than deciding about it, and as much again in
 * collecting the garbage. Here a whole request is written in one pass, to the same bytes. What is compressed goes the client's way.
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

function onePassEncoder(Encoder: EncoderClass, crc32c: (bytes: Buffer) => number): (options: ProduceOptions) => Encoder {
  return (options) => {
    const bytes = writeRequest(options, crc32c)
    return Object.assign(new Encoder(0), { buf: bytes, offset: bytes.length })
  }
}

/** Record batches as Apache Kafka's protocol guide has them, "Record Batch" and "Record", inside a Produce request of versions 3 to 7. */
function writeRequest(options: ProduceOptions, crc32c: (bytes: Buffer) => number): Buffer {
  const { acks, timeout, transactionalId = null, topicData } = options
  const out = new RequestWriter(sizeOf(topicData))
  out.string(transactionalId).int16(acks).int32(timeout).int32(topicData.length)
  for (const { topic, partitions } of topicData) {
    out.string(topic).int32(partitions.length)
    for (const one of partitions) writePartition(out, one, options, crc32c)
  }
  return out.written()
}

function writePartition(out: RequestWriter, { partition, messages, firstSequence = 0 }: PartitionData, options: ProduceOptions, crc32c: (bytes: Buffer) => number): void {
  const { transactionalId, producerId = -1, producerEpoch = 0 } = options
  const nowMs = Date.now()
  const timestamps = messages.map(({ timestamp }) => Number(timestamp ?? nowMs))
  const firstMs = timestamps.reduce((first, ms) => Math.min(first, ms), Number.POSITIVE_INFINITY)
  const lastMs = timestamps.reduce((last, ms) => Math.max(last, ms), 0)
  out.int32(partition)
  // Lengths and the checksum are known once the rest is written.
  const sizeAt = out.offset
  out.int32(0).int64(0n)
  const lengthAt = out.offset
  out.int32(0).int32(0).int8(magicByte)
  const crcAt = out.offset
  out.int32(0)
  const coveredFrom = out.offset
  out.int16(transactionalId ? transactionalBit : 0).int32(messages.length - 1)
  out.int64(BigInt(firstMs)).int64(BigInt(lastMs))
  out.int64(BigInt(String(producerId))).int16(producerEpoch).int32(firstSequence).int32(messages.length)
  for (const [index, message] of messages.entries()) writeRecord(out, message, index, (timestamps[index] ?? firstMs) - firstMs)
  out.setInt32(out.offset - sizeAt - 4, sizeAt)
  out.setInt32(out.offset - lengthAt - 4, lengthAt)
  out.setInt32(crc32c(out.written(coveredFrom)), crcAt)
}

function writeRecord(out: RequestWriter, { key, value, headers = {} }: ClientRecord, offsetDelta: number, timestampDelta: number): void {
  const attributesBytes = 1
  let pairs = 0
  let size = attributesBytes + sizeOfVarLong(timestampDelta) + sizeOfVarInt(offsetDelta) + sizeOfVarBytes(key) + sizeOfVarBytes(value)
  eachHeader(headers, (name, held) => {
    pairs++
    size += sizeOfVarBytes(name) + sizeOfVarBytes(held)
  })
  out.varInt(size + sizeOfVarInt(pairs)).int8(0).varLong(timestampDelta).varInt(offsetDelta)
  out.varBytes(key).varBytes(value).varInt(pairs)
  eachHeader(headers, (name, held) => void out.varBytes(name).varBytes(held))
}

/** A header with several values stands there once for each. */
function eachHeader(headers: NonNullable<ClientRecord['headers']>, visit: (name: string, held: Bytes) => void): void {
  for (const name of Object.keys(headers)) {
    const held = headers[name]
    if (Array.isArray(held)) for (const one of held as readonly Bytes[]) visit(name, one)
    else visit(name, held as Bytes)
  }
}

/** About as many bytes as the request will have. */
function sizeOf(topicData: ProduceOptions['topicData']): number {
  let bytes = 0
  for (const { partitions } of topicData) {
    for (const { messages } of partitions) for (const { value } of messages) bytes += (value?.length ?? 0) + besideValueBytes
  }
  return bytes
}
