import { TransientError } from '@ott/pipeline/errors'
import type { Bus } from '@ott/pipeline/bus'
import type { OutboundRecord } from '@ott/pipeline/record'

/** Publishes what many requests bring as few requests to the broker. */
export interface CoalescingPublisher {
  /** Resolves when the broker has kept the records; rejects with {@link TransientError} when it hasn't within the time allowed. */
  publish(records: readonly OutboundRecord[]): Promise<void>
}

interface Waiting {
  readonly records: readonly OutboundRecord[]
  readonly bytes: number
  resolve(): void
  reject(error: unknown): void
}

/** Bounds of what may wait: beyond them callers are told to come back, instead of memory running out. */
export interface PublisherLimits {
  readonly waitingBytesMax: number
  readonly waitMsMax: number
}

/**
 * While one publish is under way, further records wait and then go together: no timer adds latency when there is little
 * to do, and load makes the batches larger. One publish at a time keeps the order.
 */
export function createCoalescingPublisher(bus: Pick<Bus, 'publish'>, { waitingBytesMax, waitMsMax }: PublisherLimits): CoalescingPublisher {
  let waiting: Waiting[] = []
  let waitingBytes = 0
  let busy = false

  async function drain(): Promise<void> {
    busy = true
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      try {
        await bus.publish(group.flatMap(({ records }) => records))
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
      } finally {
        waitingBytes -= group.reduce((sum, { bytes }) => sum + bytes, 0)
      }
    }
    busy = false
  }

  return {
    publish(records) {
      const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
      if (waitingBytes + bytes > waitingBytesMax) return Promise.reject(new TransientError('too much is waiting for the broker'))
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new TransientError('the broker did not answer in time')), waitMsMax)
        const settle = (answer: () => void) => () => {
          clearTimeout(timer)
          answer()
        }
        waiting.push({ records, bytes, resolve: settle(resolve), reject: (error) => settle(() => reject(error))() })
        waitingBytes += bytes
        if (!busy) void drain()
      })
    },
  }
}
