import type { Database } from '@ott/postgres/database'
import { readStoredPage, storedPartitions, type StoredEvent, type StoredPeriod } from './stored-events.ts'

/** A tenant's stored events in the order of their arrival. */
export interface StoredEvents {
  /** The next ones, some hundreds; none at the end. */
  next(): Promise<StoredEvent[]>
}

/** Events read at once, of all partitions together, and their bytes. */
const readAhead = { events: 900, bytes: 4 * 1_048_576 }

interface Source {
  readonly partition: number
  after: string
  waiting: StoredEvent[]
  taken: number
  ended: boolean
}

/**
 * Merges the partitions by receipt, each read a page at a time by its offsets, which is its primary key: the order of arrival of a
 * viewer's events, and across viewers that of the broker's clock.
 * @param offsets the last event of each partition that is not to come again
 */
export async function mergeStored(database: Database, tenantId: string, period: StoredPeriod, offsets: Readonly<Record<string, string>>): Promise<StoredEvents> {
  const partitions = await database.transaction([tenantId], (sql) => storedPartitions(sql, tenantId, period))
  const sources: Source[] = partitions.map((partition) => ({ partition, after: offsets[partition] ?? '-1', waiting: [], taken: 0, ended: false }))
  const share = Math.max(1, sources.length)
  const bounds = { events: Math.max(50, Math.floor(readAhead.events / share)), bytes: Math.floor(readAhead.bytes / share) }

  const fill = (source: Source) =>
    database.transaction([tenantId], async (sql) => {
      source.waiting = await readStoredPage(sql, tenantId, source.partition, source.after, period, bounds)
      source.taken = 0
      source.after = source.waiting.at(-1)?.offset ?? source.after
      source.ended = source.waiting.length === 0
    })

  return {
    async next() {
      for (const source of sources) if (!source.ended && source.taken === source.waiting.length) await fill(source)
      const merged: StoredEvent[] = []
      // Until a partition has to be read again: only then is it known what comes next.
      for (;;) {
        const source = earliest(sources)
        const event = source?.waiting[source.taken]
        if (source === undefined || event === undefined) return merged
        merged.push(event)
        source.taken++
        if (source.taken === source.waiting.length) return merged
      }
    },
  }
}

function earliest(sources: readonly Source[]): Source | undefined {
  let first: Source | undefined
  let firstMs = Number.POSITIVE_INFINITY
  for (const source of sources) {
    const atMs = source.waiting[source.taken]?.receivedAtMs
    if (atMs === undefined || atMs >= firstMs) continue
    first = source
    firstMs = atMs
  }
  return first
}
