import type { Listener, Passing, SocketHub } from '../socket-hub.ts'

/** What passes, in order, for one subscription: taken from the hub as it comes, given out as it is asked for. */
export interface PassingQueue extends AsyncIterableIterator<Passing> {
  return(): Promise<IteratorResult<Passing>>
}

export interface PassingQueueOptions {
  readonly tenantId: string
  readonly topic: string
  /** Ends the connection: its client doesn't keep up. */
  dropSlow(): void
  /** Called once at the end. */
  closed(): void
}

/** Begins to listen at once, so that nothing is missed between the subscription and the first time it is asked. */
export function queuePassing(hub: SocketHub, { tenantId, topic, dropSlow, closed }: PassingQueueOptions): PassingQueue {
  const waiting: Passing[] = []
  let bytes = 0
  let asked: ((result: IteratorResult<Passing>) => void) | undefined
  let ended = false
  const listener: Listener = {
    tenantId,
    topics: new Set([topic]),
    bufferedBytes: () => bytes,
    take(passing) {
      if (asked !== undefined) {
        const give = asked
        asked = undefined
        return give({ done: false, value: passing })
      }
      waiting.push(passing)
      bytes += passing.bytes
    },
    dropSlow,
  }
  hub.add(listener)
  const end: IteratorResult<Passing> = { done: true, value: undefined }
  return {
    next() {
      const first = waiting.shift()
      if (first !== undefined) {
        bytes -= first.bytes
        return Promise.resolve({ done: false, value: first })
      }
      if (ended) return Promise.resolve(end)
      return new Promise((resolve) => (asked = resolve))
    },
    async return() {
      if (ended) return end
      ended = true
      hub.remove(listener)
      waiting.length = 0
      bytes = 0
      asked?.(end)
      closed()
      return end
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
