import type { SnapshotPosition } from './define-stage.ts'
import { sourceRecordHeader } from './outbound-records.ts'
import type { InboundRecord } from './record.ts'

/** One partition at one member: its memory, how far that memory goes, and a queue of one for what touches it. */
export interface Lane<Facts> {
  readonly topic: string
  readonly partition: number
  memory: Facts | undefined
  /** First offset that the memory does not include; undefined before anything was read. */
  nextOffset: bigint | undefined
  /** Last offset included of each partition of the stage before. */
  sources: ReadonlyMap<string, bigint>
  committedOffset: bigint | undefined
  snapshotAtMs: number
  tail: Promise<unknown>
  /** Set when the partition was given away: nothing of this lane may be written any more. */
  dropped: boolean
}

export function createLane<Facts>(topic: string, partition: number, nowMs: number): Lane<Facts> {
  return {
    topic,
    partition,
    memory: undefined,
    nextOffset: undefined,
    sources: new Map(),
    committedOffset: undefined,
    snapshotAtMs: nowMs,
    tail: Promise.resolve(),
    dropped: false,
  }
}

/** Runs `work` after whatever else holds the lane. */
export function exclusively<T, Facts>(lane: Lane<Facts>, work: () => Promise<T>): Promise<T> {
  const run = lane.tail.then(work, work)
  lane.tail = run.catch(() => undefined)
  return run
}

/** How far a memory goes once a batch has been folded into it. */
export type LaneProgress = Pick<Lane<unknown>, 'nextOffset' | 'sources'>

/**
 * The records whose effect the memory does not hold yet, and how far it goes with them. A record is a repeat when its
 * offset is included already or when, at another offset, it is the same record of the stage before, which that stage
 * published again after a crash. What came of it was published before the memory moved on, so nothing is lost.
 */
export function newsIn<Facts>(lane: Lane<Facts>, records: readonly InboundRecord[]): { news: InboundRecord[]; progress: LaneProgress } {
  const sources = new Map(lane.sources)
  let { nextOffset } = lane
  const news: InboundRecord[] = []
  for (const record of records) {
    if (nextOffset !== undefined && record.offset < nextOffset) continue
    nextOffset = record.offset + 1n
    const source = sourceOf(record)
    if (source !== undefined) {
      const seen = sources.get(source.lane)
      if (seen !== undefined && source.offset <= seen) continue
      sources.set(source.lane, source.offset)
    }
    news.push(record)
  }
  return { news, progress: { nextOffset, sources } }
}

export function positionOf<Facts>(lane: Lane<Facts>): SnapshotPosition | undefined {
  if (lane.nextOffset === undefined) return undefined
  return {
    nextOffset: lane.nextOffset,
    sources: Object.fromEntries([...lane.sources].map(([name, offset]) => [name, String(offset)])),
  }
}

function sourceOf(record: InboundRecord): { lane: string; offset: bigint } | undefined {
  const header = record.headers[sourceRecordHeader]
  const cut = header?.lastIndexOf('/') ?? -1
  if (header === undefined || cut < 0) return undefined
  const offset = header.slice(cut + 1)
  return /^\d{1,19}$/.test(offset) ? { lane: header.slice(0, cut), offset: BigInt(offset) } : undefined
}
