import { sleep } from './back-off.ts'
import type { Bus } from './bus.ts'

export interface AnnounceConfigurationOptions {
  /** Compacted; {@link followConfiguration} is its other side. */
  readonly topic: string
  readonly bus: Pick<Bus, 'endOffsets'>
  tenants(): readonly string[]
  /** How often it is looked for what was kept and not told, in ms: after a crash in between, or while the broker was away. */
  readonly intervalMs: number
  /** Those of these tenants of whom something isn't told. @param everything also what was told to a topic that is no more */
  untold(tenants: readonly string[], everything: boolean): Promise<readonly string[]>
  /** Publishes what isn't told of a tenant and notes that it is, so that a crash between the two repeats and loses nothing. */
  tell(tenantId: string, everything: boolean): Promise<void>
  onFault(error: unknown): void
}

export interface ConfigurationAnnouncer {
  /** Tells every process of what a tenant has changed. Waits some seconds at most; what fails or takes longer is told later. */
  announce(tenantId: string): Promise<void>
  stop(): Promise<void>
}

const tenantsAtOnce = 200
const waitMsMax = 3_000

/** Tells of configuration from the database, which remembers what was told. */
export async function announceConfiguration({ topic, bus, tenants, intervalMs, untold, tell, onFault }: AnnounceConfigurationOptions): Promise<ConfigurationAnnouncer> {
  const stopping = new AbortController()
  const [end = 0n] = await bus.endOffsets(topic)
  // A topic that is new knows nothing of what was told to one before it.
  let everything = end === 0n

  const tellAll = async () => {
    const all = tenants()
    for (let from = 0; from < all.length && !stopping.signal.aborted; from += tenantsAtOnce) {
      for (const tenantId of await untold(all.slice(from, from + tenantsAtOnce), everything)) await tell(tenantId, everything)
    }
    everything = false
  }
  const loop = async () => {
    while (!stopping.signal.aborted) {
      await tellAll().catch(onFault)
      await sleep(intervalMs, stopping.signal)
    }
  }
  const running = loop()
  return {
    announce: (tenantId) => Promise.race([tell(tenantId, false).catch(onFault), sleep(waitMsMax, stopping.signal)]),
    async stop() {
      stopping.abort()
      await running
    },
  }
}
