import { flushAtIntervals } from '@ott/pipeline/flush-at-intervals'
import type { Database } from '@ott/postgres/database'
import { addTallies, tallyOf, type ScoredPair, type ScoreTally } from './compare-scores.ts'
import { addComparisons, type ComparedVersions, type CountedComparison } from './comparison-store.ts'

export interface ShadowComparisonsOptions {
  readonly database: Database
  /** How often what was counted is added to the table, in ms. */
  readonly intervalMs: number
  nowMs(): number
  onCounted?(compared: ComparedVersions, tally: ScoreTally): void
  onFault(error: unknown): void
}

/** What challengers said beside champions, counted in memory and added to the table now and then. */
export interface ShadowComparisons {
  /** Counts pairs of one batch; costs some microseconds and waits for nothing. @param threshold the tenant's, from which on a score raises a violation */
  add(compared: ComparedVersions, pairs: readonly ScoredPair[], threshold: number): void
  /** Adds what was counted so far to the table. Throws what keeps it from that; it stays counted. */
  flush(): Promise<void>
  /** Adds the rest. */
  stop(): Promise<void>
}

/** Comparisons that are counted at the same time; further ones are left out until some are written. */
const heldMax = 2_000

/**
 * Neither exactly once nor at least once, and needn't be: a batch that is worked through again counts again, and a crash loses what was
 * counted since the last writing. Means, correlation and shares hardly move by either.
 */
export function startShadowComparisons({ database, intervalMs, nowMs, onCounted, onFault }: ShadowComparisonsOptions): ShadowComparisons {
  let held = new Map<string, CountedComparison>()

  const put = (counted: CountedComparison) => {
    const key = JSON.stringify([counted.tenantId, counted.model, counted.challenger, counted.champion])
    const known = held.get(key)
    if (known === undefined && held.size >= heldMax) return
    held.set(key, known === undefined ? counted : { ...counted, tally: addTallies(known.tally, counted.tally) })
  }
  const flush = async () => {
    const taken = [...held.values()]
    held = new Map()
    try {
      await addComparisons(database, taken, nowMs())
    } catch (error) {
      taken.forEach(put)
      throw error
    }
  }
  const flushing = flushAtIntervals({ intervalMs, flush, onFault })
  return {
    add(compared, pairs, threshold) {
      if (pairs.length === 0) return
      const tally = tallyOf(pairs, threshold)
      put({ ...compared, tally })
      onCounted?.(compared, tally)
    },
    flush,
    stop: () => flushing.stop(),
  }
}
