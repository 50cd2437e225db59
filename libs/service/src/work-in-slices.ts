import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'

/** Long work that shares a process with others: it asks often, and is held back when its turn is over. */
export interface Slices {
  /** Waits when the slice is used up; else returns at once, and costs next to nothing. */
  breathe(): Promise<void> | undefined
  /** A wait for something else ends a slice, too: call it after one. */
  startAnew(): void
  /** The longest time in ms that the process was held up between two turns. */
  readonly longestMs: number
}

export interface SliceOptions {
  /** How long a slice is, in ms. */
  readonly sliceMs: number
  /** How long the others have for each ms of it. */
  readonly restShare: number
  nowMs(): number
}

/** After each slice the event loop turns, and for a while more where others shall have their share of the processor. */
export function workInSlices({ sliceMs, restShare, nowMs }: SliceOptions): Slices {
  let startedMs = nowMs()
  let longestMs = 0
  const end = () => {
    const usedMs = nowMs() - startedMs
    longestMs = Math.max(longestMs, usedMs)
    return usedMs
  }
  const rest = async (usedMs: number) => {
    const restMs = usedMs * restShare
    await (restMs >= 1 ? pause(restMs) : nextTurn())
    startedMs = nowMs()
  }
  return {
    breathe: () => (nowMs() - startedMs < sliceMs ? undefined : rest(end())),
    startAnew: () => void (startedMs = nowMs()),
    get longestMs() {
      return longestMs
    },
  }
}
