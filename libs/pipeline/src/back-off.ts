/**
 * Full jitter: a random wait between 0 and an exponentially growing bound, so that many clients of a service that
 * comes back don't return at the same instant (Brooker, "Exponential Backoff and Jitter", 2015).
 * @returns ms
 */
export function fullJitter(attempt: number, random: () => number, bounds: { firstMs: number; maxMs: number }): number {
  const ceiling = Math.min(bounds.maxMs, bounds.firstMs * 2 ** Math.min(attempt, 30))
  return Math.round(random() * ceiling)
}

/** Resolves after `ms`, or at once when the signal is or becomes aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}
