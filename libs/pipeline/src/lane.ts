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
  /** The last event included of each partition by which events come in, see {@link sourceOf}. */
  sources: ReadonlyMap<string, string>
  committedOffset: bigint | undefined
  /** Set once the first batch was found to begin where the memory ends, or was sent back to there. */
  sought: boolean
  /** When the memory was last written down, as a turn of the snapshot keeper's; undefined before the first look. */
  turn: number | undefined
  /** The snapshot that is being written; one that failed stays until another succeeded. Never rejects. */
  writing: Promise<void> | undefined
  tail: Promise<unknown>
  /** Set when the partition was given away: nothing of this lane may be written any more. */
  dropped: boolean
}

export function createLane<Facts>(topic: string, partition: number): Lane<Facts> {
  return {
    topic,
    partition,
    memory: undefined,
    nextOffset: undefined,
    sources: new Map(),
    committedOffset: undefined,
    sought: false,
    turn: undefined,
    writing: undefined,
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
 * offset is included already or when, at another offset, it is the same event from the same beginning, which some stage
 * before published again after a crash. What came of it was published before the memory moved on, so nothing is lost.
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
      if (seen !== undefined && !isAfter(source.place, seen)) continue
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
    sources: Object.fromEntries(lane.sources),
  }
}

const sourcePattern = /^(.+)\/(\d{1,16}\/\d{1,6}(?:\.\d{1,6}){0,15})$/

/** The partition an event came in by, and where it stands in it: `offset/place.place…`. */
function sourceOf(record: InboundRecord): { lane: string; place: string } | undefined {
  const [, lane, place] = sourcePattern.exec(record.headers[sourceRecordHeader] ?? '') ?? []
  return lane === undefined || place === undefined ? undefined : { lane, place }
}

/** Compares places number by number: the offset first, then the places stage by stage. */
function isAfter(place: string, other: string): boolean {
  const [left, right] = [place, other].map((text) => text.split(/[/.]/).map(Number)) as [number[], number[]]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? -1) - (right[index] ?? -1)
    if (difference !== 0) return difference > 0
  }
  return false
}
