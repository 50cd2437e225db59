import type { LearnedDetectors } from '@ott/anomaly/risk-with-models'
import type { Database } from '@ott/postgres/database'
import { fitMoved, inTurns, type FollowedChampion } from './fit-moved.ts'
import { readReference, type ReferenceStanding } from './reference-store.ts'

/** Champions as partitions have them, for showing a viewer's risk where its events may not be scored. */
export interface ShownReferences {
  /** As of the partition's last snapshot; undefined when that is of another version. Fitted with turns of the event loop in between, and kept for the next caller. */
  detectorsOf(tenantId: string, standing: ReferenceStanding, champion: FollowedChampion): Promise<LearnedDetectors | undefined>
}

interface Kept {
  readonly replacedRows: number
  readonly champion: FollowedChampion
  readonly detectors: Promise<LearnedDetectors | undefined>
}

/** Up to a megabyte each. */
const keptMax = 16

export function openShownReferences(database: Database): ShownReferences {
  /** The longest unused first. */
  const kept = new Map<string, Kept>()
  const fitted = async (tenantId: string, { partition }: ReferenceStanding, champion: FollowedChampion) => {
    const reference = await readReference(database, tenantId, partition)
    return reference?.version === champion.version && reference.added.length > 0 ? inTurns(fitMoved(champion, reference.added)) : undefined
  }
  return {
    detectorsOf(tenantId, standing, champion) {
      const key = `${tenantId} ${standing.partition}`
      const known = kept.get(key)
      kept.delete(key)
      const isStill = known?.champion.servable === champion.servable && known.champion.version === champion.version && known.replacedRows === standing.replacedRows
      const shown = isStill ? known : { replacedRows: standing.replacedRows, champion, detectors: fitted(tenantId, standing, champion) }
      kept.set(key, shown)
      // What failed is tried again by the next.
      if (!isStill) shown.detectors.catch(() => kept.get(key) === shown && kept.delete(key))
      for (const oldest of kept.keys()) if (kept.size > keptMax) kept.delete(oldest)
      return shown.detectors
    },
  }
}
