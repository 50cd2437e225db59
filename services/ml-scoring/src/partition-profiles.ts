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
  readonly changedProfiles: Set<string>
  readonly changedBaselines: Set<string>
}

export const heldMax = 50_000

export function createPartitionProfiles(owner: string): PartitionProfiles {
  return { owner, profiles: new Map(), baselines: new Map(), changedProfiles: new Set(), changedBaselines: new Set() }
}

/** Forgets unchanged profiles beyond the limit, those longest unused first. Called between batches only. */
export function forgetUnused({ profiles, changedProfiles }: PartitionProfiles, limit = heldMax): void {
  let excess = profiles.size - limit
  for (const key of profiles.keys()) {
    if (excess <= 0) return
    if (changedProfiles.has(key)) continue
    profiles.delete(key)
    excess--
  }
}
