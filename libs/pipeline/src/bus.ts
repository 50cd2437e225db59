import type { TopicSpec } from '@ott/contracts/topics'
import type { InboundRecord, OutboundRecord } from './record.ts'

/** Records of one partition, in order, offered to one member of a group. */
export interface RecordBatch {
  readonly topic: string
  readonly partition: number
  readonly records: readonly InboundRecord[]
}

/** What a batch handler may do while it holds a batch. */
export interface BatchControl {
  /** Tells the broker this member is alive; call it in anything that takes longer than a second. */
  heartbeat(): Promise<void>
  /** True when the partition has meanwhile gone to another member: finish nothing, commit nothing. */
  isStale(): boolean
  /** Moves on in memory only: the next batch begins at `nextOffset`, a restart of the group at the committed one. */
  advance(nextOffset: bigint): void
  /** Gives the batch back unread and offers the partition again after `ms`. */
  pause(ms: number): void
}

export interface SubscribeOptions {
  readonly group: string
  readonly topics: readonly string[]
  /** Partitions handled at the same time. */
  readonly concurrency: number
  /** `batch`: read with little waiting, for stages. `follow`: the broker holds idle reads longer, for what seldom changes. */
  readonly pace: 'batch' | 'follow'
  /** Where a group without a committed offset begins. */
  readonly from: 'earliest' | 'latest'
  onBatch(batch: RecordBatch, control: BatchControl): Promise<void>
  /** The group gave this member its partitions anew: whatever was remembered of any partition is void. */
  onAssigned?(): void
  /** The consumer ended for good; the process must end too so that its supervisor restarts it. */
  onFatal(error: Error): void
}

export interface Subscription {
  /** True while the member belongs to its group. */
  isJoined(): boolean
  /** Keeps `nextOffset` as the next record to read after a restart of the group. */
  commit(topic: string, partition: number, nextOffset: bigint): Promise<void>
  /** Reads these topics from now on. */
  changeTopics(topics: readonly string[]): Promise<void>
  /** Stops fetching, waits for the batch in work, leaves the group. */
  stop(): Promise<void>
}

export interface PartitionLag {
  readonly topic: string
  readonly partition: number
  readonly records: bigint
}

/** Transport between stages. Kafka in production, memory in tests; both pass the same conformance suite. */
export interface Bus {
  /** Resolves when every record is kept by all in-sync replicas. Records of one key keep their order. */
  publish(records: readonly OutboundRecord[]): Promise<void>
  subscribe(options: SubscribeOptions): Promise<Subscription>
  createTopics(topics: readonly TopicSpec[], partitions: number): Promise<void>
  /** Next offset of each partition: what was ever appended, when nothing else writes offsets. */
  endOffsets(topic: string): Promise<bigint[]>
  /** Records that a group has yet to commit, over these topics. A group that never committed counts from the first record kept. */
  lag(group: string, topics: readonly string[]): Promise<bigint>
  /** The same, partition by partition. */
  lagByPartition(group: string, topics: readonly string[]): Promise<readonly PartitionLag[]>
  close(): Promise<void>
}
