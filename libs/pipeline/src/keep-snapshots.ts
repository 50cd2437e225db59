import type { PartitionMemory } from './define-stage.ts'
import { exclusively, positionOf, type Lane } from './lane.ts'

/**
 * Writes down what lanes remember, behind their work and each lane at turns of its own, so that they don't all write at
 * the same moment. A memory is captured while its lane is held; the lane goes on while it is written.
 */
export interface SnapshotKeeper<Facts> {
  /** True when a lane's turn has come again before its last snapshot was written, or when that failed. */
  isLate(lane: Lane<Facts>): boolean
  /** Writes a lane's memory down now, then commits the offset it includes. The lane must be held until this returns. */
  write(lane: Lane<Facts>): Promise<void>
  /** Takes no more turns; what is being written goes on. */
  stop(): void
}

/** Turns are looked at this often in an interval. */
const looks = 16

/** A share of the interval by which partitions follow each other: any number of them in a row is spread evenly. */
const goldenRatio = 0.618034

export function keepSnapshots<Facts>(options: {
  memory: PartitionMemory<Facts>
  lanes(): Iterable<Lane<Facts>>
  nowMs(): number
  commit(lane: Lane<Facts>, nextOffset: bigint): Promise<void>
  reached(point: 'after-snapshot' | 'after-commit'): void | Promise<void>
  onFault(error: unknown): void
}): SnapshotKeeper<Facts> {
  const { memory, nowMs, reached } = options
  const intervalMs = memory.snapshotIntervalMs
  const startedAtMs = nowMs()
  const turnOf = ({ partition }: Lane<Facts>) => Math.floor((nowMs() - startedAtMs) / intervalMs + ((partition * goldenRatio) % 1))

  const isDue = (lane: Lane<Facts>) => {
    if (unwritten(lane) === undefined) return false
    lane.turn ??= turnOf(lane)
    return lane.turn !== turnOf(lane)
  }

  const begin = async (lane: Lane<Facts>) => {
    const facts = unwritten(lane)
    const position = positionOf(lane)
    if (facts === undefined || position === undefined) return
    lane.turn = turnOf(lane)
    try {
      await memory.snapshot(lane.topic, lane.partition, facts, position)
      await reached('after-snapshot')
      if (lane.dropped) return
      await options.commit(lane, position.nextOffset)
    } catch (thrown) {
      lane.turn = Number.NEGATIVE_INFINITY
      throw thrown
    }
    lane.committedOffset = position.nextOffset
    await reached('after-commit')
  }

  const takeTurn = async (lane: Lane<Facts>) => {
    await lane.writing
    if (isDue(lane)) lane.writing = begin(lane).then(() => void (lane.writing = undefined), options.onFault)
  }

  const waiting = new Set<Lane<Facts>>()
  const timer = setInterval(() => {
    for (const lane of options.lanes()) {
      if (waiting.has(lane) || !isDue(lane)) continue
      waiting.add(lane)
      void exclusively(lane, () => takeTurn(lane)).finally(() => waiting.delete(lane))
    }
  }, intervalMs / looks)
  timer.unref()

  return {
    isLate: (lane) => lane.writing !== undefined && isDue(lane),
    async write(lane) {
      await lane.writing
      await begin(lane)
      lane.writing = undefined
    },
    stop: () => clearInterval(timer),
  }
}

/** A lane's memory, unless it is void or a snapshot holds all of it. */
function unwritten<Facts>({ memory, nextOffset, committedOffset, dropped }: Lane<Facts>): Facts | undefined {
  return dropped || nextOffset === committedOffset ? undefined : memory
}
