import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { genesis, hashAt, linkHashes, type Links } from './chain.ts'
import { checkLink, endOf, type StoredLink } from './check-links.ts'

const key = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const links = fc
  .record({
    tenantId: fc.stringMatching(/^[a-z0-9-]{1,64}$/),
    prevHash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    firstSequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 10 }),
    atMs: fc.integer({ min: 0, max: 8.64e15 }),
    keys: fc.uniqueArray(key, { minLength: 1, maxLength: 8 }),
    chance: fc.uint8Array({ minLength: 256, maxLength: 256 }),
  })
  .map(({ chance, ...rest }): Links => ({ ...rest, digests: chance.subarray(0, rest.keys.length * 32) }))

const stored = (given: Links): StoredLink => ({
  firstSequence: given.firstSequence,
  entries: given.keys.length,
  batchId: 'b',
  prevHash: Buffer.from(given.prevHash),
  hashes: linkHashes(given),
  atMs: given.atMs,
  batch: { kind: 'event', keys: given.keys, digests: Buffer.from(given.digests) },
})
const before = (given: Links) => ({ sequence: given.firstSequence - 1, hash: Buffer.from(given.prevHash) })

function flipped(bytes: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  const at = bit % (copy.length * 8)
  copy[at >> 3] = (copy[at >> 3] ?? 0) ^ (1 << (at & 7))
  return copy
}

test('the first hash of a known entry is the SHA-256 that anybody can compute', () => {
  // printf '%064d%016x%016x%032x%064x' 0 1 1000 2 3 | xxd -r -p; printf acme — through sha256sum.
  const hashes = linkHashes({ tenantId: 'acme', prevHash: genesis, firstSequence: 1, atMs: 1_000, keys: ['2'.padStart(32, '0')], digests: Buffer.from('3'.padStart(64, '0'), 'hex') })
  expect(hashes.toString('hex')).toBe('d9d399c4db8955ecef4109149e9e246f3c37f21cee7428ebc34dc090aaab2d7c')
})

test('links that were sealed hold, and splitting them changes no hash', () => {
  fc.assert(
    fc.property(links, fc.nat(), (given, at) => {
      const whole = linkHashes(given)
      expect(checkLink(given.tenantId, before(given), stored(given))).toBeUndefined()
      const cut = 1 + (at % given.keys.length)
      const first = { ...given, keys: given.keys.slice(0, cut), digests: given.digests.subarray(0, cut * 32) }
      const second = { ...given, firstSequence: given.firstSequence + cut, prevHash: endOf(stored(first)).hash, keys: given.keys.slice(cut), digests: given.digests.subarray(cut * 32) }
      expect(Buffer.concat([linkHashes(first), linkHashes(second)])).toEqual(whole)
    }),
  )
})

test('any single bit that differs is found, at the entry it is in', () => {
  fc.assert(
    fc.property(links, fc.nat(), (given, bit) => {
      const link = stored(given)
      const place = Math.floor((bit % (link.hashes.length * 8)) / 256)
      const sequence = given.firstSequence + place
      const check = (changed: Partial<StoredLink>) => checkLink(given.tenantId, before(given), { ...link, ...changed })
      expect(check({ hashes: flipped(link.hashes, bit) })).toMatchObject({ sequence, reason: 'hash-differs' })
      expect(check({ batch: { ...link.batch!, digests: flipped(given.digests, bit) } })).toMatchObject({ sequence, reason: 'hash-differs' })
      const keys = given.keys.map((own, n) => (n === place ? flipped(Buffer.from(own, 'hex'), bit).toString('hex') : own))
      expect(check({ batch: { ...link.batch!, keys } })).toBeDefined()
      expect(check({ prevHash: flipped(given.prevHash, bit) })).toMatchObject({ sequence: given.firstSequence, reason: 'previous-hash-differs' })
      expect(check({ atMs: given.atMs === 0 ? 1 : given.atMs - 1 })).toMatchObject({ sequence: given.firstSequence, reason: 'hash-differs' })
      expect(checkLink(`${given.tenantId}x`, before(given), link)).toMatchObject({ reason: 'hash-differs' })
    }),
  )
})

test('an entry that stands elsewhere in the chain has another hash', () => {
  fc.assert(
    fc.property(links, (given) => {
      const moved = linkHashes({ ...given, firstSequence: given.firstSequence + 1 })
      expect(hashAt(moved, 0)).not.toEqual(hashAt(linkHashes(given), 0))
    }),
  )
})
