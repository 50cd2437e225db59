import type { Sql } from '@ott/postgres/database'
import { genesis } from './chain.ts'
import type { SignedCheckpoint } from './checkpoint.ts'
import { endOf, type Before, type StoredLink } from './check-links.ts'

interface LinkRow {
  first_sequence: string
  entries: number
  batch_id: string
  prev_hash: Buffer
  hashes: Buffer
  at_ms: string
  kind: string | null
  keys: string[] | null
  digests: Buffer | null
}

const columns = `l.first_sequence, l.entries, l.batch_id, l.prev_hash, l.hashes, (extract(epoch from l.at) * 1000)::text as at_ms, b.kind, b.keys, b.digests`
const withBatch = 'left join violation.decision_batches b on b.tenant_id = l.tenant_id and b.id = l.batch_id'
const linksMax = 512

/** Links of a tenant in order from a sequence on, or backwards from one: as many as hold about so many entries, and one at least where there is any. */
export async function readLinks(sql: Sql, tenantId: string, asked: { from: number; entriesMax: number; newestFirst?: boolean }): Promise<StoredLink[]> {
  const [order, compare] = asked.newestFirst === true ? ['desc', '<='] : ['asc', '>=']
  const rows = await sql.query<LinkRow>(
    `select ${columns} from (
       select n.*, sum(n.entries) over (order by n.first_sequence ${order}) - n.entries as before
       from (select * from violation.decision_links where tenant_id = $1 and first_sequence ${compare} $2 order by first_sequence ${order} limit ${linksMax}) n
     ) l ${withBatch} where l.before < $3 order by l.first_sequence ${order}`,
    [tenantId, asked.from, asked.entriesMax],
  )
  return rows.map(storedLink)
}

/** The link that holds an entry, or the last one before it. */
export async function readLinkOf(sql: Sql, tenantId: string, sequence: number): Promise<StoredLink | undefined> {
  const [row] = await sql.query<LinkRow>(`select ${columns} from violation.decision_links l ${withBatch} where l.tenant_id = $1 and l.first_sequence <= $2 order by l.first_sequence desc limit 1`, [tenantId, sequence])
  return row && storedLink(row)
}

export async function readLinkOfBatch(sql: Sql, tenantId: string, batchId: string): Promise<StoredLink | undefined> {
  const [row] = await sql.query<LinkRow>(`select ${columns} from violation.decision_links l ${withBatch} where l.tenant_id = $1 and l.batch_id = $2`, [tenantId, batchId])
  return row && storedLink(row)
}

/** The entry before a link's first, as the link before it says. */
export async function readBefore(sql: Sql, tenantId: string, firstSequence: number): Promise<Before> {
  const link = firstSequence > 1 ? await readLinkOf(sql, tenantId, firstSequence - 1) : undefined
  return link === undefined ? { sequence: 0, hash: genesis } : endOf(link)
}

function storedLink(row: LinkRow): StoredLink {
  const { kind, keys, digests } = row
  return {
    firstSequence: Number(row.first_sequence),
    entries: row.entries,
    batchId: row.batch_id,
    prevHash: row.prev_hash,
    hashes: row.hashes,
    atMs: Number(row.at_ms),
    batch: kind === null || keys === null || digests === null ? undefined : { kind, keys: keys.map((key) => key.replaceAll('-', '')), digests },
  }
}

interface CheckpointRow {
  sequence: string
  hash: string
  at_ms: string
  key_id: string
  signature: Buffer
}

/** Checkpoints of a tenant with a sequence in this range, both ends included, in order. */
export async function readCheckpoints(sql: Sql, tenantId: string, range: { from: number; to?: number; limit: number; newestFirst?: boolean }): Promise<SignedCheckpoint[]> {
  const { from, to = null, limit, newestFirst = false } = range
  const rows = await sql.query<CheckpointRow>(
    `select sequence, encode(hash, 'hex') as hash, (extract(epoch from at) * 1000)::text as at_ms, key_id, signature from violation.decision_checkpoints
     where tenant_id = $1 and sequence >= $2 and ($3::bigint is null or sequence <= $3) order by sequence ${newestFirst ? 'desc' : 'asc'} limit $4`,
    [tenantId, from, to, limit],
  )
  return rows.map(({ sequence, hash, at_ms, key_id: keyId, signature }) => {
    const ms = Number(at_ms)
    return { tenantId, sequence: Number(sequence), hash, at: Number.isInteger(ms) ? new Date(ms).toISOString() : at_ms, keyId, signature: signature.toString('base64url') }
  })
}
