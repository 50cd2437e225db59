import type { InboundRecord } from '@ott/pipeline/record'

/** A connected client, as far as sending goes. */
export interface Listener {
  readonly tenantId: string
  /** Topics it wants; empty for all. */
  readonly topics: ReadonlySet<string>
  /** Bytes that wait to be sent. */
  bufferedBytes(): number
  send(text: string): void
  /** Ends the connection because the client reads too slowly. */
  dropSlow(): void
}

/** A client that lets more than this wait is disconnected: it can come back, memory can't. */
export const bufferedBytesMax = 4 * 1_048_576

/** Sends records to the listeners of the tenant they belong to. */
export interface SocketHub {
  add(listener: Listener): void
  remove(listener: Listener): void
  /** The key says whose a record is, so nothing is parsed. */
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
      let text: string | undefined
      for (const listener of [...listeners]) {
        if (listener.topics.size > 0 && !listener.topics.has(topic)) continue
        if (listener.bufferedBytes() > bufferedBytesMax) {
          listener.dropSlow()
          continue
        }
        text ??= `{"topic":${JSON.stringify(topic)},"event":${value.toString()}}`
        listener.send(text)
      }
    },
  }
}
