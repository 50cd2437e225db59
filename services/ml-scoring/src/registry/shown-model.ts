import type { StoredComparison } from './comparison-store.ts'
import type { ReferenceStanding } from '../scoring/reference-store.ts'
import type { Model } from './model-store.ts'
import type { ModelTransition, ModelVersion } from './model-version.ts'

/** A model as it is shown in lists. */
export function shownModel({ name, sequence, versions, champion, challengers, createdAt }: Model) {
  return { name, sequence, versions, champion, challengers, createdAt: createdAt.toISOString() }
}

export function shownVersion({ model, version, status, kind, sha256, sizeBytes, metadata, training, createdAt, createdBy, changedAt }: ModelVersion) {
  return { ...{ model, version, status, kind, sha256, sizeBytes, metadata, training }, createdAt: createdAt.toISOString(), createdBy, changedAt: changedAt.toISOString() }
}

export function shownTransition(transition: ModelTransition) {
  return { ...transition, at: transition.at.toISOString() }
}

export function shownComparison({ since, lastAt, ...rest }: StoredComparison) {
  return { ...rest, since: since.toISOString(), lastAt: lastAt.toISOString() }
}

export function shownReference({ renewedAt, ...rest }: ReferenceStanding) {
  return { ...rest, renewedAt: renewedAt === null ? null : renewedAt.toISOString() }
}
