import { hash } from 'node:crypto'
import { asError } from './decide-batch.ts'
import { TransientError } from './errors.ts'
import type { Bus, BatchControl, PartitionLag, SubscribeOptions, Subscription } from './bus.ts'
import type { InboundRecord, OutboundRecord } from './record.ts'

/** A bus in memory for tests. It keeps what a broker keeps (logs and committed offsets) when its members go. */
export interface MemoryBus extends Bus {
  /** While away, every operation fails transiently. */
  setAway(away: boolean): void
  /** Every record of a topic, partition by partition. */
  readAll(topic: string): InboundRecord[]
}

interface Member {
  readonly options: SubscribeOptions
  topics: readonly string[]
  generation: number
  running: boolean
  readonly positions: Map<string, bigint>
  readonly pausedUntilMs: Map<string, number>
  loop: Promise<void>
}

const recordsInBatchMax = 500

/**
 * Partitions by key hash, keeps order within a partition and assigns partitions of a group to its members in turn. A member works on all
 * of its partitions side by side, as it does on a broker.
 */
export function createMemoryBus(): MemoryBus {
  const logs = new Map<string, InboundRecord[][]>()
  const committed = new Map<string, bigint>()
  const groups = new Map<string, Member[]>()
  const generations = new Map<string, number>()
  let away = false

  const must = (): void => {
    if (away) throw new TransientError('the bus is away')
  }
  const partitionsOf = (topic: string): InboundRecord[][] => {
    const partitions = logs.get(topic)
    if (partitions === undefined) throw new Error(`topic ${topic} does not exist`)
    return partitions
  }
  const offsetKey = (group: string, topic: string, partition: number) => `${group} ${topic}/${partition}`

  function partitionOf(key: string | null, partitions: number): number {
    return key === null ? 0 : Number.parseInt(hash('sha256', key, 'hex').slice(0, 8), 16) % partitions
  }

  function rebalance(group: string): void {
    const members = groups.get(group) ?? []
    const generation = (generations.get(group) ?? 0) + 1
    generations.set(group, generation)
    for (const member of members) {
      member.generation = generation
      member.positions.clear()
    }
    for (const member of members) member.options.onAssigned?.()
  }

  function ownedBy(member: Member): { topic: string; partition: number }[] {
    const members = groups.get(member.options.group) ?? []
    const place = members.indexOf(member)
    return member.topics.flatMap((topic) =>
      partitionsOf(topic).flatMap((_, partition) => (partition % members.length === place ? [{ topic, partition }] : [])),
    )
  }

  async function offer(member: Member, topic: string, partition: number): Promise<boolean> {
    const { group, from, onBatch } = member.options
    const id = `${topic}/${partition}`
    if ((member.pausedUntilMs.get(id) ?? 0) > Date.now()) return false
    const log = partitionsOf(topic)[partition] ?? []
    const fallback = from === 'earliest' ? 0n : BigInt(log.length)
    const position = member.positions.get(id) ?? committed.get(offsetKey(group, topic, partition)) ?? fallback
    member.positions.set(id, position)
    const records = log.slice(Number(position), Number(position) + recordsInBatchMax)
    if (records.length === 0) return false
    const { generation } = member
    const isStale = () => !member.running || member.generation !== generation
    const control: BatchControl = {
      heartbeat: async () => must(),
      isStale,
      advance: (next) => {
        if (!isStale()) member.positions.set(id, next)
      },
      pause: (ms) => member.pausedUntilMs.set(id, Date.now() + ms),
    }
    await onBatch({ topic, partition, records }, control)
    return true
  }

  async function run(member: Member): Promise<void> {
    while (member.running) {
      let worked = false
      if (!away) {
        const offered = ownedBy(member).map(async ({ topic, partition }) => {
          try {
            return member.running && (await offer(member, topic, partition))
          } catch (thrown) {
            if (thrown instanceof TransientError) return false
            member.running = false
            member.options.onFatal(asError(thrown))
            return false
          }
        })
        worked = (await Promise.all(offered)).includes(true)
      }
      await new Promise((resolve) => (worked ? setImmediate(resolve) : setTimeout(resolve, 2)))
    }
  }

  const lagsOf = (group: string, topics: readonly string[]): PartitionLag[] => {
    must()
    return topics.flatMap((topic) =>
      partitionsOf(topic).map((log, partition) => ({ topic, partition, records: BigInt(log.length) - (committed.get(offsetKey(group, topic, partition)) ?? 0n) })),
    )
  }

  return {
    async publish(records: readonly OutboundRecord[]) {
      must()
      for (const { topic, key, value, headers } of records) {
        const partitions = partitionsOf(topic)
        const partition = partitionOf(key, partitions.length)
        const log = partitions[partition] as InboundRecord[]
        const bytes = value === null ? null : Buffer.from(value)
        log.push({ topic, partition, offset: BigInt(log.length), timestampMs: Date.now(), key, value: bytes, headers: { ...headers } })
      }
    },
    async subscribe(options): Promise<Subscription> {
      must()
      const member: Member = {
        options,
        topics: options.topics,
        generation: 0,
        running: true,
        positions: new Map(),
        pausedUntilMs: new Map(),
        loop: Promise.resolve(),
      }
      groups.set(options.group, [...(groups.get(options.group) ?? []), member])
      rebalance(options.group)
      member.loop = run(member)
      return {
        isJoined: () => member.running,
        commit: async (topic, partition, next) => {
          must()
          committed.set(offsetKey(options.group, topic, partition), next)
        },
        changeTopics: async (topics) => {
          member.topics = topics
          rebalance(options.group)
        },
        stop: async () => {
          member.running = false
          await member.loop
          groups.set(options.group, (groups.get(options.group) ?? []).filter((other) => other !== member))
          rebalance(options.group)
        },
      }
    },
    async createTopics(topics, partitions) {
      must()
      for (const { name, compacted } of topics) {
        if (!logs.has(name)) logs.set(name, Array.from({ length: compacted ? 1 : partitions }, () => []))
      }
    },
    async endOffsets(topic) {
      must()
      return partitionsOf(topic).map((log) => BigInt(log.length))
    },
    lag: async (group, topics) => lagsOf(group, topics).reduce((sum, { records }) => sum + records, 0n),
    lagByPartition: async (group, topics) => lagsOf(group, topics),
    async close() {
      for (const members of groups.values()) for (const member of members) member.running = false
    },
    setAway: (value) => void (away = value),
    readAll: (topic) => partitionsOf(topic).flat(),
  }
}
