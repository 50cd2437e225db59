import { setTimeout as delay } from 'node:timers/promises'
import type { Bus, PartitionLag } from '@ott/pipeline/bus'
import { coalesce } from '@ott/pipeline/coalesce'
import { TransientError } from '@ott/pipeline/errors'
import type { OutboundRecord } from '@ott/pipeline/record'
import kafkajs, { type Admin, type Message } from 'kafkajs'
import { connectKafka, type KafkaSettings } from './connect-kafka.ts'
import { translateKafkaError } from './kafka-errors.ts'
import { keyPartitioner } from './key-partitioner.ts'
import { subscribe } from './kafka-subscription.ts'

// The client is CommonJS, and Node finds only some of its exports by name.
const { KafkaJSProtocolError } = kafkajs

/** What one record may hold; four times what a producer may send. */
const recordBytesMax = 4 * 1_048_576

/** What one request may hold: the broker refuses more than its `message.max.bytes` a batch. */
const requestBytesMax = 900_000

/** The bus on Apache Kafka. The only module, with its neighbours, that knows the client. */
export async function createKafkaBus(settings: KafkaSettings): Promise<Bus> {
  const kafka = connectKafka(settings)
  const name = (topic: string) => `${settings.topicPrefix}${topic}`
  const producer = kafka.producer({ createPartitioner: keyPartitioner, allowAutoTopicCreation: false })
  let admin: Promise<Admin> | undefined

  const withAdmin = async <T>(doing: string, work: (admin: Admin) => Promise<T>): Promise<T> => {
    admin ??= connectAdmin(kafka.admin())
    try {
      return await work(await admin)
    } catch (thrown) {
      // What the broker answered says nothing against the connection, which others are using.
      if (!(thrown instanceof KafkaJSProtocolError)) {
        const broken = admin
        admin = undefined
        // Its sockets would stay open for as long as the process lives.
        void broken?.then((client) => client.disconnect()).catch(() => undefined)
      }
      throw translateKafkaError(thrown, doing)
    }
  }

  let connected: Promise<void> | undefined
  const connectProducer = () => {
    connected ??= producer.connect().catch((thrown: unknown) => {
      connected = undefined
      throw thrown
    })
    return connected
  }

  // Lanes finish their batches side by side: one request takes the records of all.
  const publishTogether = coalesce(async (lists: readonly (readonly OutboundRecord[])[]) => {
    try {
      await connectProducer()
      for (const part of partsOf(lists.flat())) {
        await producer.sendBatch({ acks: -1, timeout: 10_000, topicMessages: byTopic(part, name) })
      }
      return lists
    } catch (thrown) {
      throw translateKafkaError(thrown, 'publish')
    }
  })

  const lagByPartition = (group: string, topics: readonly string[]): Promise<PartitionLag[]> =>
    withAdmin('read lag', async (client) => {
      const committed = await client.fetchOffsets({ groupId: name(group), topics: topics.map(name) })
      const lags: PartitionLag[] = []
      for (const { topic, partitions } of committed) {
        const next = new Map(partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
        for (const { partition, high, low } of await client.fetchTopicOffsets(topic)) {
          const position = next.get(partition) ?? -1n
          lags.push({ topic: topic.slice(settings.topicPrefix.length), partition, records: BigInt(high) - (position < 0n ? BigInt(low) : position) })
        }
      }
      return lags
    })

  return {
    async publish(records) {
      if (records.length > 0) await publishTogether(records)
    },
    subscribe: (options) => subscribe(kafka, settings, options),
    createTopics: (topics, partitions) =>
      withAdmin('create topics', async (client) => {
        const existing = new Set(await client.listTopics())
        const missing = topics.filter((topic) => !existing.has(name(topic.name)))
        if (missing.length === 0) return
        await client.createTopics({
          waitForLeaders: false,
          topics: missing.map((topic) => ({
            topic: name(topic.name),
            numPartitions: topic.compacted ? 1 : partitions,
            replicationFactor: -1,
            configEntries: topic.compacted
              ? [{ name: 'cleanup.policy', value: 'compact' }]
              : [
                  { name: 'retention.ms', value: String(topic.retentionMs) },
                  // A stage adds to what it read: what came in must fit when it goes out, too.
                  { name: 'max.message.bytes', value: String(recordBytesMax) },
                  // The broker unpacks what producers compress: the client here knows gzip only.
                  { name: 'compression.type', value: 'uncompressed' },
                ],
          })),
        })
        for (const topic of missing) await waitUntilHosted(client, name(topic.name))
      }),
    endOffsets: (topic) =>
      withAdmin('read end offsets', async (client) => {
        const offsets = await client.fetchTopicOffsets(name(topic))
        return offsets.sort((a, b) => a.partition - b.partition).map(({ high }) => BigInt(high))
      }),
    lag: async (group, topics) => (await lagByPartition(group, topics)).reduce((sum, { records }) => sum + records, 0n),
    lagByPartition,
    async close() {
      await producer.disconnect()
      const client = await admin?.catch(() => undefined)
      await client?.disconnect()
    },
  }
}

/**
 * A partition takes records a moment after its topic was made. Whoever publishes before gets an error for the partitions that
 * aren't there, and the client repeats the whole request: the others would have these records twice.
 */
async function waitUntilHosted(client: Admin, topic: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await client.fetchTopicOffsets(topic)
      return
    } catch (thrown) {
      if (attempt >= 100 || !(translateKafkaError(thrown, 'wait') instanceof TransientError)) throw thrown
      await delay(50)
    }
  }
}

async function connectAdmin(admin: Admin): Promise<Admin> {
  await admin.connect()
  return admin
}

/** Cuts a long list into requests the broker takes, keeping the order. */
function* partsOf(records: readonly OutboundRecord[]): Generator<readonly OutboundRecord[]> {
  let part: OutboundRecord[] = []
  let bytes = 0
  for (const record of records) {
    const size = sizeOf(record)
    if (part.length > 0 && bytes + size > requestBytesMax) {
      yield part
      part = []
      bytes = 0
    }
    part.push(record)
    bytes += size
  }
  if (part.length > 0) yield part
}

/** Bytes on the wire, a little more rather than less: text takes up to three bytes a character. */
function sizeOf({ key, value, headers }: OutboundRecord): number {
  let size = 100 + Buffer.byteLength(key ?? '') + (value === null ? 0 : Buffer.byteLength(value))
  for (const name in headers) size += 10 + name.length + Buffer.byteLength(headers[name] ?? '')
  return size
}

function byTopic(records: readonly OutboundRecord[], name: (topic: string) => string): { topic: string; messages: Message[] }[] {
  const topics = new Map<string, Message[]>()
  for (const { topic, key, value, headers } of records) {
    let messages = topics.get(topic)
    if (messages === undefined) topics.set(topic, (messages = []))
    messages.push({ key, value, headers: headers as Record<string, string> })
  }
  return [...topics].map(([topic, messages]) => ({ topic: name(topic), messages }))
}
