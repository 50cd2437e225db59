/** A record as it was read from a topic. */
export interface InboundRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** When the broker took it, ms since the epoch. A replay sees the same value: this is the pipeline's clock. */
  readonly timestampMs: number
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

/** A record to publish. Redirects keep the key, so that one viewer's records stay in one partition, in order. */
export interface OutboundRecord {
  readonly topic: string
  readonly key: string | null
  readonly value: Buffer | string | null
  readonly headers: Readonly<Record<string, string>>
}

/** Where a record lies: `topic/partition/offset`. */
export function coordinatesOf(record: Pick<InboundRecord, 'topic' | 'partition' | 'offset'>): string {
  return `${record.topic}/${record.partition}/${record.offset}`
}
