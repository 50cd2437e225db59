import { sleep } from '@ott/pipeline/back-off'

export interface RepeatWorkOptions {
  /** @returns how much was done */
  work(): Promise<number>
  /** As much as is done at once: there may be more then. */
  readonly atOnce: number
  readonly intervalMs: number
  onFault(error: unknown): void
}

/** Does a piece of work again and again until stopped: at once while there is more, else after a pause. */
export function repeatWork({ work, atOnce, intervalMs, onFault }: RepeatWorkOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      const done = await work().catch((error: unknown) => {
        onFault(error)
        return 0
      })
      if (done < atOnce) await sleep(intervalMs, stopping.signal)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await loop
    },
  }
}
