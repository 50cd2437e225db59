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
  /** Last result included of each partition of the stage before, see {@link placeOf}. */
  sources: ReadonlyMap<string, bigint>
  committedOffset: bigint | undefined
  /** Set once the first batch was found to begin where the memory ends, or was sent back to there. */
  sought: boolean
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
    sought: false,
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
      if (seen !== undefined && source.place <= seen) continue
      sources.set(source.lane, source.place)
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

/** Results of one event share its offset: their place among each other goes into the last 20 bits. */
function placeOf(offset: string, result: string): bigint {
  return (BigInt(offset) << 20n) + BigInt(result)
}

const sourcePattern = /^(.+)\/(\d{1,19})\/(\d{1,6})$/

function sourceOf(record: InboundRecord): { lane: string; place: bigint } | undefined {
  const [, lane, offset, result] = sourcePattern.exec(record.headers[sourceRecordHeader] ?? '') ?? []
  return lane === undefined ? undefined : { lane, place: placeOf(offset as string, result as string) }
}
