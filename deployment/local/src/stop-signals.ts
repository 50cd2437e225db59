/** One Ctrl-C may arrive several times, from the terminal, from npm and from the process in between. */
const sameRequestMs = 1_000

/**
 * Calls `first` at the first SIGINT, SIGTERM or SIGHUP, or when the parent that opened a channel is gone, and `again` at a later one.
 * Returns a function that stops listening.
 */
export function onStopRequest(first: () => void, again: () => void): () => void {
  let requestedAtMs: number | undefined
  const onRequest = (): void => {
    if (requestedAtMs === undefined) {
      requestedAtMs = performance.now()
      first()
    } else if (performance.now() - requestedAtMs > sameRequestMs) again()
  }
  const onLoss = (): void => {
    if (requestedAtMs === undefined) onRequest()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onRequest)
  process.once('disconnect', onLoss)
  process.channel?.unref()
  return () => {
    for (const signal of signals) process.off(signal, onRequest)
    process.off('disconnect', onLoss)
  }
}
