import { createClient } from 'graphql-ws'
import { backOffMs } from './back-off.ts'
import { alertSubscription, scoredSubscription, violationSubscription, type Operation } from './operations.ts'
import type { AlertItem, ViolationItem } from './shapes.ts'

/** What the page is told while it looks on. */
export interface LiveListener {
  scored(score: number): void
  violationOpened(violation: ViolationItem): void
  alertChanged(alert: AlertItem): void
  /** Connected, for the first time or again: what happened in between is in the lists. */
  connected(): void
  disconnected(): void
  /** The key isn't known (any more). */
  refused(): void
}

const pingMs = 10_000
const forbidden = 4403

/** Follows a tenant's events until it is closed; connects again, after a growing pause, whenever the line is lost. */
export function openLiveFeed(apiKey: string, listener: LiveListener): { close(): void } {
  let closed = false
  let reopening: ReturnType<typeof setTimeout> | undefined
  let close = open()

  function open(): () => void {
    const client = createClient({
      url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
      // In the first message rather than the address, where logs would keep it.
      connectionParams: { 'x-api-key': apiKey },
      keepAlive: pingMs,
      retryAttempts: Infinity,
      retryWait: (attempts) => new Promise((resolve) => setTimeout(resolve, backOffMs(attempts, Math.random()))),
      shouldRetry: (event) => codeOf(event) !== forbidden,
      on: {
        connected: () => listener.connected(),
        closed: () => {
          if (!closed) listener.disconnected()
        },
      },
    })
    let over = false
    /** A close that the client takes for final, or the end of a subscription: begun anew unless the key was refused. */
    const end = (cause: unknown) => {
      if (over || closed) return
      over = true
      void client.dispose()
      listener.disconnected()
      if (codeOf(cause) === forbidden) return listener.refused()
      reopening = setTimeout(() => (close = open()), backOffMs(4, Math.random()))
    }
    const follow = <Data>(operation: Operation<Data, never> | Operation<Data, Record<string, never>>, take: (data: Data) => void) =>
      client.subscribe<Data>(
        { query: operation.text },
        { next: ({ data }) => void (data && take(data)), error: end, complete: () => end(undefined) },
      )
    const unsubscribe = [
      follow(scoredSubscription, ({ eventScored }) => listener.scored(eventScored.risk?.score ?? 0)),
      follow(violationSubscription, ({ violationOpened }) => listener.violationOpened(violationOpened)),
      follow(alertSubscription, ({ alertChanged }) => listener.alertChanged(alertChanged)),
    ]
    return () => {
      for (const stop of unsubscribe) stop()
      void client.dispose()
    }
  }

  return {
    close() {
      closed = true
      clearTimeout(reopening)
      close()
    },
  }
}

function codeOf(event: unknown): number | undefined {
  const { code } = (event ?? {}) as { code?: unknown }
  return typeof code === 'number' ? code : undefined
}
