import { setTimeout as sleep } from 'node:timers/promises'
import { StartError } from './start-error.ts'

export interface WaitOptions {
  /** Asked every 50 ms; a rejection ends the wait. */
  readonly ready: () => Promise<boolean>
  readonly timeoutMs: number
  /** The sentence that ends the wait when time is up. */
  readonly onTimeout: () => string
  readonly signal?: AbortSignal
}

/** Resolves when `ready` answers true; rejects with a StartError when time is up, and with the signal's reason when it is aborted. */
export async function waitUntil({ ready, timeoutMs, onTimeout, signal }: WaitOptions): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    signal?.throwIfAborted()
    if (await ready()) return
    if (performance.now() > deadline) throw new StartError(onTimeout())
    await sleep(50)
  }
}
