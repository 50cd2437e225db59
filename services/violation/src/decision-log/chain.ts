import { hash } from 'node:crypto'

export const hashBytes = 32

/** What the first entry of a tenant follows. */
export const genesis: Buffer = Buffer.alloc(hashBytes)

/** Entries of one tenant that follow one another and were sealed at the same time. */
export interface Links {
  readonly tenantId: string
  /** Hash of the entry before the first. */
  readonly prevHash: Uint8Array
  /** From 1 on. */
  readonly firstSequence: number
  /** Seconds don't suffice: ms since the epoch. */
  readonly atMs: number
  /** Each 32 hex digits. */
  readonly keys: readonly string[]
  /** 32 bytes each, one after the other. */
  readonly digests: Uint8Array
}

const fixedBytes = hashBytes + 8 + 8 + 16 + hashBytes

/**
 * Hashes of the entries, 32 bytes each, one after the other. An entry's hash is SHA-256 over the hash of the entry before it (32 bytes), its
 * sequence (8, big-endian), when it was sealed (8, big-endian, ms since the epoch), its key (16), its digest (32) and the tenant's id (UTF-8).
 * Only the last has no fixed length, so no two entries are told by the same bytes.
 */
export function linkHashes({ tenantId, prevHash, firstSequence, atMs, keys, digests }: Links): Buffer {
  const image = Buffer.alloc(fixedBytes + Buffer.byteLength(tenantId))
  const hashes = Buffer.alloc(hashBytes * keys.length)
  image.set(prevHash)
  image.writeBigUInt64BE(BigInt(atMs), hashBytes + 8)
  image.write(tenantId, fixedBytes)
  for (const [n, key] of keys.entries()) {
    image.writeBigUInt64BE(BigInt(firstSequence + n), hashBytes)
    image.write(key, hashBytes + 16, 16, 'hex')
    image.set(digests.subarray(n * hashBytes, (n + 1) * hashBytes), hashBytes + 32)
    // In hex digits: a buffer of its own costs more to make than the hash.
    hashes.write(hash('sha256', image, 'hex'), n * hashBytes, 'hex')
    image.set(hashes.subarray(n * hashBytes, (n + 1) * hashBytes))
  }
  return hashes
}

/** The hash, or the digest, at a place among several. */
export function hashAt(hashes: Uint8Array, place: number): Buffer {
  return Buffer.from(hashes.subarray(place * hashBytes, (place + 1) * hashBytes))
}
