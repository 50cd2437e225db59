import { sleep } from './back-off.ts'

export interface FlushAtIntervalsOptions {
  readonly intervalMs: number
  /** Writes what was gathered so far; what fails is gathered still, and comes with the next. */
  flush(): Promise<void>
  onFault(error: unknown): void
}

/** Writes what is gathered in memory now and then. Stopping writes the rest. */
export function flushAtIntervals({ intervalMs, flush, onFault }: FlushAtIntervalsOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const loop = async () => {
    while (!stopping.signal.aborted) {
      await sleep(intervalMs, stopping.signal)
      await flush().catch(onFault)
    }
  }
  const running = loop()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
