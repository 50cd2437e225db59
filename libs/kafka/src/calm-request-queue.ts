import { createRequire } from 'node:module'

/** The part of the client's queue of requests, one a connection, that is changed here. */
interface RequestQueue {
  readonly pending: readonly unknown[]
  readonly throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
}

/** What the client itself waits between checks while requests are pending and nothing throttles them. */
const checkIntervalMs = 10

/**
 * kafkajs 2.2.4 looks for pending requests on a timer that it sets anew each time, to a time that lies in the past unless
 * the broker throttles; Node takes that for 1 ms. So each connection wakes its process a thousand times a second for
 * nothing, which idle services and quiet hours pay for, and warns of it on Node 24. Here the timer is set only while something
 * is pending: whatever makes a request pending sets it.
 */
export function calmRequestQueues(): void {
  const queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: { scheduleCheckPendingRequests(this: RequestQueue): void } }
  queue.prototype.scheduleCheckPendingRequests = function () {
    if (this.throttleCheckTimeoutId !== null && this.throttleCheckTimeoutId !== undefined) return
    if (this.pending.length === 0) return
    const throttledMs = this.throttledUntil - Date.now()
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null
        this.checkPendingRequests()
      },
      throttledMs > 0 ? throttledMs : checkIntervalMs,
    )
  }
}
