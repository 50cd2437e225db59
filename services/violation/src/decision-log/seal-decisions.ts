import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database, Sql } from '@ott/postgres/database'
import { genesis, hashAt, hashBytes, linkHashes } from './chain.ts'
import type { CheckpointKeys, SignedCheckpoint } from './checkpoint.ts'

export interface SealOptions {
  readonly nowMs: () => number
  readonly sign: CheckpointKeys['sign']
  /** A checkpoint is due after so many entries, or so long after the last one when there were any since. */
  readonly checkpointEntries: number
  readonly checkpointIntervalMs: number
}

export interface Sealed {
  readonly entries: number
  readonly checkpoints: number
  /** As much was sealed as is at once, so there may be more; or somebody else is at it. */
  readonly isMore: boolean
  /** Entries that no checkpoint covers yet. */
  readonly isUncovered: boolean
}

interface Head {
  readonly sequence: number
  readonly hash: Buffer
}

/** What is sealed in one transaction: batches, and about so many entries. */
const batchesMax = 512
const entriesMax = 10_000
/** Entries that are hashed before others have their turn: about a millisecond. */
const breathEntries = 400

/**
 * Gives the batches that wait their places in the tenant's chain, in one transaction: of several at it at once one works, and when it
 * crashes nothing was done.
 */
export function sealDecisions(database: Database, tenantId: string, { nowMs, sign, checkpointEntries, checkpointIntervalMs }: SealOptions): Promise<Sealed> {
  return database.transaction([tenantId], async (sql) => {
    const [lock] = await sql.query<{ mine: boolean }>(`select pg_try_advisory_xact_lock(hashtextextended('violation.decision_log ' || $1, 0)) as mine`, [tenantId])
    if (lock?.mine !== true) return { entries: 0, checkpoints: 0, isMore: true, isUncovered: true }
    const pending = await readPending(sql, tenantId)
    let head = await readHead(sql, tenantId)
    let covered = await readLastCheckpoint(sql, tenantId)
    const before = head.sequence
    const atMs = nowMs()
    const at = new Date(atMs)
    const links: { firstSequence: number; entries: number; batchId: string; prevHash: Buffer; hashes: Buffer }[] = []
    const checkpoints: SignedCheckpoint[] = []
    const checkpoint = () => {
      if (sign === undefined) return
      checkpoints.push(sign({ tenantId, sequence: head.sequence, hash: head.hash.toString('hex'), at: at.toISOString() }))
      covered = { sequence: head.sequence, atMs }
    }
    let breathedAt = head.sequence
    for (const { batchId, keys, digests } of pending) {
      // The stage works in the same thread: it isn't kept waiting for a whole turn.
      if (head.sequence - breathedAt >= breathEntries) {
        await nextTurn()
        breathedAt = head.sequence
      }
      const firstSequence = head.sequence + 1
      const hashes = linkHashes({ tenantId, prevHash: head.hash, firstSequence, atMs, keys, digests })
      links.push({ firstSequence, entries: keys.length, batchId, prevHash: head.hash, hashes })
      head = { sequence: head.sequence + keys.length, hash: hashAt(hashes, keys.length - 1) }
      if (head.sequence - covered.sequence >= checkpointEntries) checkpoint()
    }
    if (head.sequence > covered.sequence && atMs - covered.atMs >= checkpointIntervalMs) checkpoint()
    if (links.length > 0) writeLinks(sql, tenantId, links, at)
    if (pending.length > 0) sql.send('delete from violation.decision_pending where tenant_id = $1 and batch_id = any($2::uuid[])', [tenantId, pending.map(({ batchId }) => batchId)])
    if (checkpoints.length > 0) writeCheckpoints(sql, tenantId, checkpoints)
    return {
      entries: head.sequence - before,
      checkpoints: checkpoints.length,
      isMore: pending.length === batchesMax || head.sequence - before >= entriesMax,
      isUncovered: sign !== undefined && head.sequence > covered.sequence,
    }
  })
}

/** In the form of `array_send`, as PostgreSQL's source has it: 20 bytes that tell of the array, then each element after 4 bytes of its length. */
const arrayHeaderBytes = 20
const elementBytes = 4 + 16

async function readPending(sql: Sql, tenantId: string): Promise<{ batchId: string; keys: string[]; digests: Buffer }[]> {
  const rows = await sql.query<{ batch_id: string; keys: Buffer; digests: Buffer }>(
    `select p.batch_id, array_send(b.keys) as keys, b.digests from (
       select *, sum(entries) over (order by since, batch_id) - entries as before
       from (select * from violation.decision_pending where tenant_id = $1 order by since, batch_id limit ${batchesMax}) oldest
     ) p join violation.decision_batches b on b.tenant_id = p.tenant_id and b.id = p.batch_id
     where p.before < ${entriesMax} order by p.since, p.batch_id`,
    [tenantId],
  )
  const keyAt = (keys: Buffer, n: number) => keys.toString('hex', arrayHeaderBytes + n * elementBytes + 4, arrayHeaderBytes + (n + 1) * elementBytes)
  return rows.map(({ batch_id: batchId, keys, digests }) => ({ batchId, digests, keys: Array.from({ length: digests.length / hashBytes }, (_, n) => keyAt(keys, n)) }))
}

/** The last entry of a tenant's chain; sequence 0 before there is one. */
export async function readHead(sql: Sql, tenantId: string): Promise<Head> {
  const [last] = await sql.query<{ first_sequence: string; entries: number; hash: Buffer }>(
    `select first_sequence, entries, substring(hashes from octet_length(hashes) - ${hashBytes - 1}) as hash
     from violation.decision_links where tenant_id = $1 order by first_sequence desc limit 1`,
    [tenantId],
  )
  return last === undefined ? { sequence: 0, hash: genesis } : { sequence: Number(last.first_sequence) + last.entries - 1, hash: last.hash }
}

async function readLastCheckpoint(sql: Sql, tenantId: string): Promise<{ sequence: number; atMs: number }> {
  const [last] = await sql.query<{ sequence: string; at: Date }>(
    'select sequence, at from violation.decision_checkpoints where tenant_id = $1 order by sequence desc limit 1',
    [tenantId],
  )
  if (last !== undefined) return { sequence: Number(last.sequence), atMs: last.at.getTime() }
  const [first] = await sql.query<{ at: Date }>('select at from violation.decision_links where tenant_id = $1 order by first_sequence limit 1', [tenantId])
  return { sequence: 0, atMs: first?.at.getTime() ?? Number.POSITIVE_INFINITY }
}

function writeLinks(sql: Sql, tenantId: string, links: readonly { firstSequence: number; entries: number; batchId: string; prevHash: Buffer; hashes: Buffer }[], at: Date): void {
  sql.send(
    `insert into violation.decision_links (tenant_id, first_sequence, entries, batch_id, prev_hash, hashes, at)
     select $1, s, e, b, p, h, $7::timestamptz from unnest($2::bigint[], $3::int[], $4::uuid[], $5::bytea[], $6::bytea[]) as n (s, e, b, p, h)`,
    [
      tenantId,
      links.map(({ firstSequence }) => firstSequence),
      links.map(({ entries }) => entries),
      links.map(({ batchId }) => batchId),
      links.map(({ prevHash }) => prevHash),
      links.map(({ hashes }) => hashes),
      at,
    ],
  )
}

function writeCheckpoints(sql: Sql, tenantId: string, checkpoints: readonly SignedCheckpoint[]): void {
  sql.send(
    `insert into violation.decision_checkpoints (tenant_id, sequence, hash, at, key_id, signature)
     select $1, s, h, t, k, g from unnest($2::bigint[], $3::bytea[], $4::timestamptz[], $5::text[], $6::bytea[]) as n (s, h, t, k, g)`,
    [
      tenantId,
      checkpoints.map(({ sequence }) => sequence),
      checkpoints.map(({ hash }) => Buffer.from(hash, 'hex')),
      checkpoints.map(({ at }) => at),
      checkpoints.map(({ keyId }) => keyId),
      checkpoints.map(({ signature }) => Buffer.from(signature, 'base64url')),
    ],
  )
}
