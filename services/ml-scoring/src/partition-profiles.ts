import type { Baseline } from '@ott/anomaly/baseline'
import type { RiskProfile } from '@ott/anomaly/risk-profile'

/** One viewer's profile as a partition's owner holds it. */
export interface HeldProfile {
  readonly tenantId: string
  readonly subject: string
  /** Undefined: the viewer was looked for and is new. */
  readonly profile: RiskProfile | undefined
}

/**
 * The profiles and baselines of one partition in memory. What changed since the last snapshot is held until it is
 * written; of the rest the longest unused goes when there are more than `heldMax`, to be read again when needed.
 */
export interface PartitionProfiles {
  /** Names this holding of the partition; a later one has another name. */
  readonly owner: string
  readonly profiles: Map<string, HeldProfile>
  readonly baselines: Map<string, Baseline>
  /** Keys of what changed since the last snapshot began. */
  readonly changedProfiles: Set<string>
  readonly changedBaselines: Set<string>
  /** Keys of what a snapshot that is being written holds. */
  readonly writingProfiles: Set<string>
}

/** What a snapshot is to write, as it was when it was taken. */
export interface TakenChanges {
  readonly profiles: readonly HeldProfile[]
  readonly baselines: readonly { readonly tenantId: string; readonly baseline: Baseline }[]
  /** Says that it is written. */
  written(): void
  /** Says that it is not: it counts as changed again. */
  failed(): void
}

export const heldMax = 50_000

export function createPartitionProfiles(owner: string): PartitionProfiles {
  return { owner, profiles: new Map(), baselines: new Map(), changedProfiles: new Set(), changedBaselines: new Set(), writingProfiles: new Set() }
}

/** Takes what changed, to be written while the memory goes on changing. Sorted, so that transactions lock rows in one order. */
export function takeChanges({ profiles, baselines, changedProfiles, changedBaselines, writingProfiles }: PartitionProfiles): TakenChanges {
  const keys = [...changedProfiles].sort()
  const tenantIds = [...changedBaselines].sort()
  changedProfiles.clear()
  changedBaselines.clear()
  for (const key of keys) writingProfiles.add(key)
  return {
    profiles: keys.flatMap((key) => profiles.get(key) ?? []),
    baselines: tenantIds.flatMap((tenantId) => {
      const baseline = baselines.get(tenantId)
      return baseline === undefined ? [] : [{ tenantId, baseline }]
    }),
    written: () => writingProfiles.clear(),
    failed() {
      for (const key of keys) changedProfiles.add(key)
      for (const tenantId of tenantIds) changedBaselines.add(tenantId)
      writingProfiles.clear()
    },
  }
}

/**
 * Forgets profiles beyond the limit, those longest unused first, that the database has as they are: not those that
 * changed nor those being written. Called between batches only.
 */
export function forgetUnused({ profiles, changedProfiles, writingProfiles }: PartitionProfiles, limit = heldMax): void {
  let excess = profiles.size - limit
  for (const key of profiles.keys()) {
    if (excess <= 0) return
    if (changedProfiles.has(key) || writingProfiles.has(key)) continue
    profiles.delete(key)
    excess--
  }
}
