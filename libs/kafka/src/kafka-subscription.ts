import { setTimeout as delay } from 'node:timers/promises'
import type { BatchControl, SubscribeOptions, Subscription } from '@ott/pipeline/bus'
import { coalesce } from '@ott/pipeline/coalesce'
import type { InboundRecord } from '@ott/pipeline/record'
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage, TopicPartitionOffset } from 'kafkajs'
import type { KafkaSettings } from './connect-kafka.ts'
import { translateKafkaError } from './kafka-errors.ts'

const consumerTimings = {
  sessionTimeout: 6_000,
  heartbeatInterval: 600,
  // Above the longest batch: a member that takes longer to give up its partitions is taken for dead.
  rebalanceTimeout: 10_000,
  minBytes: 1,
  maxBytesPerPartition: 1_048_576,
  // Bounds what one fetch holds in memory.
  maxBytes: 4 * 1_048_576,
} as const

/**
 * How long the broker may hold a read that finds nothing. New records end the wait at once, so it costs no latency; but
 * a commit from outside a batch waits behind the read on the same connection, and each empty read costs both sides.
 */
const maxWaitTimeInMs = { batch: 100, follow: 500 } as const

const rejoinMs = 500

/**
 * After a read that brought little the next one waits a moment for more: reading, publishing and committing cost the
 * same for one record as for hundreds, and with them the whole machine is busy at a fraction of its throughput.
 */
const breatherMs = 4
const smallBatch = 100

/** One membership of a consumer group. Offsets are committed by the caller alone; auto-commit is off. */
export async function subscribe(kafka: Kafka, settings: KafkaSettings, options: SubscribeOptions): Promise<Subscription> {
  let topics: readonly string[] = options.topics
  let session: Session | undefined
  let stopped = false
  // Leaving and joining take turns: two at once would leave a member behind.
  let turn: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }
  const rejoin = async (): Promise<void> => {
    const old = session
    session = undefined
    await old?.leave()
    if (!stopped) session = await join(kafka, settings, options, topics, onEnd)
  }
  // A broker that has just begun has no coordinator for groups yet; the client gives up on that, a member doesn't.
  const onEnd = (error: Error): void => {
    if (error.name !== 'KafkaJSGroupCoordinatorNotFound') return options.onFatal(error)
    inTurn(() => delay(rejoinMs).then(rejoin)).catch(options.onFatal)
  }
  await inTurn(rejoin)
  return {
    isJoined: () => session?.joined ?? false,
    async commit(topic, partition, nextOffset) {
      await session?.commit(topic, partition, nextOffset)
    },
    changeTopics: (wanted) =>
      inTurn(async () => {
        const isSame = wanted.length === topics.length && wanted.every((topic) => topics.includes(topic))
        if (stopped || (isSame && session !== undefined)) return
        topics = wanted
        // A subscription is fixed while its consumer runs, so the member leaves and comes back.
        await rejoin()
      }),
    async stop() {
      stopped = true
      await inTurn(async () => void (await session?.leave()))
    },
  }
}

interface Session {
  joined: boolean
  commit(topic: string, partition: number, nextOffset: bigint): Promise<void>
  leave(): Promise<void>
}

async function join(
  kafka: Kafka,
  settings: KafkaSettings,
  options: SubscribeOptions,
  topics: readonly string[],
  onEnd: (error: Error) => void,
): Promise<Session> {
  const { topicPrefix: prefix } = settings
  const consumer = kafka.consumer({
    groupId: `${prefix}${options.group}`,
    ...consumerTimings,
    maxWaitTimeInMs: maxWaitTimeInMs[options.pace],
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 6, restartOnFailure: async () => true },
  })
  let generation = 0
  let leaving = false
  // Partitions of one read are done at about the same time: one request commits them all.
  const commitTogether = coalesce(async (offsets: readonly TopicPartitionOffset[]) => {
    try {
      await consumer.commitOffsets([...offsets])
      return offsets
    } catch (thrown) {
      throw translateKafkaError(thrown, 'commit')
    }
  })
  const session: Session = {
    joined: topics.length === 0,
    async commit(topic, partition, nextOffset) {
      await commitTogether({ topic: prefix + topic, partition, offset: String(nextOffset) })
    },
    async leave() {
      leaving = true
      session.joined = false
      await consumer.disconnect()
    },
  }
  consumer.on(consumer.events.GROUP_JOIN, () => {
    generation++
    session.joined = true
    options.onAssigned?.()
  })
  consumer.on(consumer.events.REBALANCING, () => void (generation++, (session.joined = false)))
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    generation++
    session.joined = false
    if (!payload.restart && !leaving) onEnd(payload.error)
  })
  if (topics.length === 0) return session

  await connectAndSubscribe(consumer, options, topics.map((topic) => prefix + topic))
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: options.concurrency,
    eachBatch: async (payload) => {
      if (leaving || !payload.isRunning() || payload.isStale()) return
      const given = generation
      const isStale = () => leaving || given !== generation || !payload.isRunning() || payload.isStale()
      try {
        await options.onBatch(
          {
            topic: payload.batch.topic.slice(prefix.length),
            partition: payload.batch.partition,
            records: payload.batch.messages.map((message) => recordOf(payload, message, prefix)),
          },
          controlOf(payload, isStale),
        )
        if (options.pace === 'batch' && payload.batch.messages.length < smallBatch) await delay(breatherMs)
      } catch (thrown) {
        // The client's own faults (a rebalance told by a heartbeat, a lost connection) are the client's to mend.
        if (isClientFault(thrown)) throw thrown
        leaving = true
        options.onFatal(thrown instanceof Error ? thrown : new Error(String(thrown)))
      }
    },
  })
  return session
}

async function connectAndSubscribe(consumer: Consumer, options: SubscribeOptions, topics: string[]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await consumer.connect()
      await consumer.subscribe({ topics, fromBeginning: options.from === 'earliest' })
      return
    } catch (thrown) {
      // A topic made a moment ago is not known to every broker at once.
      if (attempt >= 40) throw translateKafkaError(thrown, 'subscribe')
      await delay(250)
    }
  }
}

function controlOf(payload: EachBatchPayload, isStale: () => boolean): BatchControl {
  return {
    heartbeat: () => payload.heartbeat(),
    isStale,
    advance(nextOffset) {
      // Positions are void after a rebalance; resolving for a batch from before would skip what the group commits say is due.
      if (!isStale()) payload.resolveOffset(String(nextOffset - 1n))
    },
    pause(ms) {
      const resume = payload.pause()
      setTimeout(() => {
        // The partition may have gone to another member meanwhile; resuming it is then nobody's loss.
        try {
          resume()
        } catch {
          /* the consumer has ended */
        }
      }, ms).unref()
    },
  }
}

function recordOf({ batch }: EachBatchPayload, message: KafkaMessage, prefix: string): InboundRecord {
  return {
    topic: batch.topic.slice(prefix.length),
    partition: batch.partition,
    offset: BigInt(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key === null ? null : message.key.toString(),
    value: message.value,
    headers: headersOf(message),
  }
}

/** Header names are compared in lower case; a repeated header keeps its first value. */
function headersOf(message: KafkaMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value
    if (first !== undefined) headers[name.toLowerCase()] = first.toString()
  }
  return headers
}

function isClientFault(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name.startsWith('KafkaJS')
}
