import type { Baseline } from '@ott/anomaly/baseline'
import { decodeProfile, encodeProfile } from '@ott/anomaly/profile-codec'
import type { RiskProfile } from '@ott/anomaly/risk-profile'
import { noReferences, takeReferences, type HeldReference, type ReferenceWindows } from './scoring/reference-windows.ts'
import { createSeriesTally, type SeriesTally } from './series/series-tally.ts'

/** Whose profile is meant. */
export interface Viewer {
  readonly tenantId: string
  readonly subject: string
}

/** What is known of a viewer when a batch begins. */
export interface FetchedProfile extends Viewer {
  /** Undefined: the viewer was looked for and is new. */
  readonly profile: RiskProfile | undefined
}

/** One viewer's profile as a snapshot writes it. */
export interface HeldProfile extends Viewer {
  readonly profile: RiskProfile
}

/** One process's turn at a partition. Whoever holds the partition later has another name. */
export interface Holding {
  readonly topic: string
  readonly partition: number
  readonly owner: string
}

/**
 * The profiles and baselines of one partition in memory. What changed since the last snapshot is held until it is
 * written. After that a profile is idle: put away as bytes, and forgotten when the process holds too many, see
 * {@link SubjectBudget}; then it is read from the database again.
 */
export interface PartitionProfiles {
  readonly holding: Holding
  /** The viewers of the batch in work, by key, as they are now. So nothing that is put away or forgotten meanwhile is missed. */
  readonly inWork: Map<string, RiskProfile | undefined>
  /** What changed since the last snapshot began, by key. */
  readonly changed: Map<string, HeldProfile>
  /** What a snapshot that is being written holds. */
  readonly writing: Map<string, HeldProfile>
  /** Profiles that the database has as they are, as bytes, by key: the longest unused first. */
  readonly idle: Map<string, string>
  readonly baselines: Map<string, Baseline>
  /** Tenants whose baseline changed since the last snapshot began. */
  readonly changedBaselines: Set<string>
  /** What the events add to their tenants' hourly series. */
  readonly series: SeriesTally
  /** What has come into the references of the tenants' detectors. */
  readonly references: ReferenceWindows
}

/** What a snapshot is to write, as it was when it was taken. */
export interface TakenChanges {
  readonly profiles: readonly HeldProfile[]
  readonly baselines: readonly { readonly tenantId: string; readonly baseline: Baseline }[]
  readonly references: readonly HeldReference[]
  /** Says that it is written. */
  written(): void
  /** Says that it is not: it counts as changed again. */
  failed(): void
}

export function createPartitionProfiles(holding: Holding): PartitionProfiles {
  return { holding, inWork: new Map(), changed: new Map(), writing: new Map(), idle: new Map(), baselines: new Map(), changedBaselines: new Set(), series: createSeriesTally(), references: noReferences() }
}

/** Takes up the viewers of a batch as far as they are held. Answers those that aren't: {@link takeUp} them before anything is decided. */
export function beginBatch(memory: PartitionProfiles, batch: readonly Viewer[]): Viewer[] {
  const { inWork, changed, writing, idle } = memory
  inWork.clear()
  const missing = new Map<string, Viewer>()
  for (const { tenantId, subject } of batch) {
    const key = keyOf({ tenantId, subject })
    if (inWork.has(key)) continue
    const hot = changed.get(key) ?? writing.get(key)
    const bytes = hot === undefined ? idle.get(key) : undefined
    if (hot !== undefined) inWork.set(key, hot.profile)
    else if (bytes !== undefined) inWork.set(key, decodeProfile(bytes))
    else missing.set(key, { tenantId, subject })
  }
  return [...missing.values()]
}

export function takeUp({ inWork }: PartitionProfiles, fetched: readonly FetchedProfile[]): void {
  for (const viewer of fetched) inWork.set(keyOf(viewer), viewer.profile)
}

/** The profile of a viewer of the batch in work; undefined for a new one. */
export function profileInWork({ inWork }: PartitionProfiles, viewer: Viewer): RiskProfile | undefined {
  return inWork.get(keyOf(viewer))
}

export function changeProfile({ inWork, changed, idle }: PartitionProfiles, held: HeldProfile): void {
  const key = keyOf(held)
  inWork.set(key, held.profile)
  changed.set(key, held)
  idle.delete(key)
}

export function changeBaseline({ baselines, changedBaselines }: PartitionProfiles, tenantId: string, baseline: Baseline): void {
  if (baselines.get(tenantId) === baseline) return
  baselines.set(tenantId, baseline)
  changedBaselines.add(tenantId)
}

/** Takes what changed, to be written while the memory goes on changing. Sorted, so that transactions lock rows in one order. */
export function takeChanges({ changed, writing, idle, baselines, changedBaselines, references }: PartitionProfiles): TakenChanges {
  const keys = [...changed.keys()].sort()
  const tenantIds = [...changedBaselines].sort()
  for (const [key, held] of changed) writing.set(key, held)
  changed.clear()
  changedBaselines.clear()
  const moved = takeReferences(references)
  return {
    references: moved.taken,
    profiles: keys.map((key) => writing.get(key)!),
    baselines: tenantIds.flatMap((tenantId) => {
      const baseline = baselines.get(tenantId)
      return baseline === undefined ? [] : [{ tenantId, baseline }]
    }),
    written() {
      for (const [key, { profile }] of writing) if (!changed.has(key)) idle.set(key, encodeProfile(profile))
      writing.clear()
    },
    failed() {
      for (const [key, held] of writing) if (!changed.has(key)) changed.set(key, held)
      for (const tenantId of tenantIds) changedBaselines.add(tenantId)
      moved.failed()
      writing.clear()
    },
  }
}

function keyOf({ tenantId, subject }: Viewer): string {
  return `${tenantId}:${subject}`
}
