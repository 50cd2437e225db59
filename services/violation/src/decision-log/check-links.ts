import type { BrokenReason } from '@ott/contracts/decision-log-reasons'
import { hashAt, hashBytes, linkHashes } from './chain.ts'

/** The first place where the log doesn't hold. */
export interface Broken {
  /** Null for an event that has no entry. */
  readonly sequence: number | null
  readonly reason: BrokenReason
  /** Key of the event or the change, where one is known. */
  readonly key?: string
}

/** A link as it is stored, with its batch. */
export interface StoredLink {
  readonly firstSequence: number
  readonly entries: number
  readonly batchId: string
  readonly prevHash: Buffer
  readonly hashes: Buffer
  readonly atMs: number
  readonly batch: { readonly kind: string; readonly keys: readonly string[]; readonly digests: Buffer } | undefined
}

/** What the link before says of the next. */
export interface Before {
  readonly sequence: number
  readonly hash: Buffer
}

/** Where a link doesn't follow from the one before, or its hashes not from its entries; undefined when they do. */
export function checkLink(tenantId: string, before: Before, link: StoredLink): Broken | undefined {
  const { firstSequence, prevHash, hashes, atMs, batch, entries } = link
  if (firstSequence !== before.sequence + 1) return { sequence: before.sequence + 1, reason: 'gap' }
  if (!prevHash.equals(before.hash)) return { sequence: firstSequence, reason: 'previous-hash-differs' }
  if (batch === undefined) return { sequence: firstSequence, reason: 'batch-missing' }
  const { keys, digests } = batch
  if (entries !== keys.length || digests.length !== keys.length * hashBytes || hashes.length !== digests.length || new Set(keys).size !== keys.length) return { sequence: firstSequence, reason: 'batch-differs' }
  // A time that is no whole number of milliseconds was never written.
  if (!Number.isSafeInteger(atMs) || atMs < 0) return { sequence: firstSequence, reason: 'hash-differs' }
  const computed = linkHashes({ tenantId, prevHash, firstSequence, atMs, keys, digests })
  if (computed.equals(hashes)) return undefined
  const place = keys.findIndex((_key, n) => !hashAt(computed, n).equals(hashAt(hashes, n)))
  return { sequence: firstSequence + place, reason: 'hash-differs', key: keys[place] ?? '' }
}

/** The last entry of a link. */
export function endOf({ firstSequence, entries, hashes }: StoredLink): Before {
  return { sequence: firstSequence + entries - 1, hash: Buffer.from(hashes.subarray(hashes.length - hashBytes)) }
}
