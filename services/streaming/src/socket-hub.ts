import type { PipelineEvent } from '@ott/contracts/define-event'
import type { InboundRecord } from '@ott/pipeline/record'

/** A record on its way to listeners: what they need of it is made once, and only when one needs it. */
export interface Passing {
  readonly topic: string
  readonly bytes: number
  /** `{"topic": …, "event": …}`. The event isn't parsed for it. */
  text(): string
  event(): PipelineEvent
}

/** Somebody who is connected, as far as sending goes. */
export interface Listener {
  readonly tenantId: string
  /** Topics it wants; empty for all. */
  readonly topics: ReadonlySet<string>
  /** Bytes that wait to be sent. */
  bufferedBytes(): number
  take(passing: Passing): void
  /** Ends the connection because the client reads too slowly. */
  dropSlow(): void
}

/** A client that lets more than this wait is disconnected: it can come back, memory can't. */
export const bufferedBytesMax = 4 * 1_048_576

/** Hands records to the listeners of the tenant they belong to. */
export interface SocketHub {
  add(listener: Listener): void
  remove(listener: Listener): void
  /** The key says whose a record is. */
  offer(record: InboundRecord): void
  readonly size: number
}

export function createSocketHub(): SocketHub {
  const byTenant = new Map<string, Set<Listener>>()
  let size = 0
  return {
    get size() {
      return size
    },
    add(listener) {
      const listeners = byTenant.get(listener.tenantId) ?? new Set()
      byTenant.set(listener.tenantId, listeners.add(listener))
      size++
    },
    remove(listener) {
      const listeners = byTenant.get(listener.tenantId)
      if (!listeners?.delete(listener)) return
      size--
      if (listeners.size === 0) byTenant.delete(listener.tenantId)
    },
    offer({ topic, key, value }) {
      const tenantId = key?.slice(0, key.indexOf(':')) ?? ''
      const listeners = byTenant.get(tenantId)
      if (listeners === undefined || value === null) return
      const passing = passingOf(topic, value)
      for (const listener of [...listeners]) {
        if (listener.topics.size > 0 && !listener.topics.has(topic)) continue
        if (listener.bufferedBytes() > bufferedBytesMax) listener.dropSlow()
        else listener.take(passing)
      }
    },
  }
}

function passingOf(topic: string, value: Buffer): Passing {
  let text: string | undefined
  let event: PipelineEvent | undefined
  return {
    topic,
    bytes: value.length,
    text: () => (text ??= `{"topic":${JSON.stringify(topic)},"event":${value.toString()}}`),
    event: () => (event ??= JSON.parse(value.toString()) as PipelineEvent),
  }
}
