import { TransientError } from '@ott/pipeline/errors'
import type { Database } from '@ott/postgres/database'
import { sealDecisions, type SealOptions, type Sealed } from './seal-decisions.ts'

export interface SealerOptions extends SealOptions {
  readonly database: Database
  /** Tenants whose batches are looked for, beside those that were admitted here. */
  readonly tenantIds: () => readonly string[]
  /** A tenant with more entries waiting than this, or longer, admits no more. */
  readonly waitingEntriesMax: number
  readonly waitingMsMax: number
  readonly observer: SealerObserver
}

export interface SealerObserver {
  sealed(tenantId: string, sealed: Sealed): void
  waiting(waiting: ReadonlyMap<string, Waiting>, nowMs: number): void
  fault(error: unknown): void
}

export interface Waiting {
  readonly entries: number
  /** ms since the epoch, of the one that waits longest. */
  readonly sinceMs: number
}

export interface Sealer {
  /** Throws a TransientError, by which the partition pauses, while the log of one of these tenants is too far behind: nothing is dropped. */
  admit(tenantIds: Iterable<string>): void
  /** Seals what waits and looks how much is left. */
  turn(): Promise<void>
}

/**
 * Seals the batches of all tenants in turns, beside the stage. Any number of processes may do so: of those that seal a tenant at once one
 * does, and each sees for itself how much waits.
 */
export function createSealer(options: SealerOptions): Sealer {
  const { database, tenantIds, waitingEntriesMax, waitingMsMax, observer, nowMs } = options
  const admitted = new Set<string>()
  /** Those with entries since their last checkpoint; at first all may be. */
  const uncovered = new Set<string>(tenantIds())
  let waiting: ReadonlyMap<string, Waiting> = new Map()
  let lookedAtMs = nowMs()

  const look = async (): Promise<readonly string[]> => {
    const tenants = [...new Set([...tenantIds(), ...admitted])]
    waiting = await readWaiting(database, tenants)
    lookedAtMs = nowMs()
    observer.waiting(waiting, lookedAtMs)
    return [...new Set([...waiting.keys(), ...uncovered])]
  }

  const seal = async (tenantId: string): Promise<void> => {
    try {
      const sealed = await sealDecisions(database, tenantId, options)
      if (sealed.isUncovered) uncovered.add(tenantId)
      else uncovered.delete(tenantId)
      observer.sealed(tenantId, sealed)
      if (sealed.entries > 0 && sealed.isMore) await seal(tenantId)
    } catch (error) {
      // Another tenant's log may be well.
      observer.fault(error)
    }
  }

  return {
    admit(ids) {
      const now = nowMs()
      // Who can't tell how far behind it is may be any way behind.
      if (now - lookedAtMs > waitingMsMax) throw new TransientError('the decision log was not looked after for too long')
      for (const id of ids) {
        admitted.add(id)
        const own = waiting.get(id)
        if (own === undefined) continue
        if (own.entries > waitingEntriesMax) throw new TransientError(`${own.entries} entries of the decision log of ${id} wait to be sealed`)
        if (now - own.sinceMs > waitingMsMax) throw new TransientError(`entries of the decision log of ${id} have waited too long to be sealed`)
      }
    },
    async turn() {
      try {
        for (const tenantId of await look()) await seal(tenantId)
        // What counts for who is admitted is what is left.
        if (waiting.size > 0) await look()
      } catch (error) {
        observer.fault(error)
      }
    },
  }
}

async function readWaiting(database: Database, tenantIds: readonly string[]): Promise<Map<string, Waiting>> {
  if (tenantIds.length === 0) return new Map()
  const rows = await database.transaction(tenantIds, (sql) =>
    sql.query<{ tenant_id: string; entries: string; since: Date }>('select tenant_id, sum(entries) as entries, min(since) as since from violation.decision_pending group by tenant_id'),
  )
  return new Map(rows.map(({ tenant_id, entries, since }) => [tenant_id, { entries: Number(entries), sinceMs: since.getTime() }]))
}
