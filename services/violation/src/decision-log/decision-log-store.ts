import type { Database, Sql } from '@ott/postgres/database'
import { hashAt } from './chain.ts'
import type { SignedCheckpoint } from './checkpoint.ts'
import type { StoredLink } from './check-links.ts'
import { readEventContents } from './read-contents.ts'
import { readCheckpoints, readLinkOfBatch, readLinks } from './read-links.ts'

/** One entry of the log: it tells that something was decided, not what. */
export interface LogEntry {
  readonly sequence: number
  readonly kind: 'event' | 'change'
  /** Of the event, or the change; 32 hex digits. */
  readonly key: string
  /** SHA-256 of what was decided, hex digits, as the hash. */
  readonly digest: string
  readonly hash: string
  /** When it was sealed. */
  readonly at: string
  /** Null for changes, and where the event was erased. */
  readonly eventId: string | null
}

/** A tenant's entries, the latest first, up to a sequence. */
export function listEntries(database: Database, tenantId: string, upTo: number, limit: number): Promise<LogEntry[]> {
  return database.transaction([tenantId], async (sql) => {
    const found: Omit<LogEntry, 'eventId'>[] = []
    let from = upTo
    while (found.length < limit) {
      const links = await readLinks(sql, tenantId, { from, entriesMax: limit - found.length, newestFirst: true })
      for (const link of links) found.push(...entriesOf(link).reverse().filter(({ sequence }) => sequence <= upTo))
      const last = links.at(-1)
      if (last === undefined || last.firstSequence <= 1) break
      from = last.firstSequence - 1
    }
    return withEventIds(sql, tenantId, found.slice(0, limit))
  })
}

async function withEventIds(sql: Sql, tenantId: string, entries: readonly Omit<LogEntry, 'eventId'>[]): Promise<LogEntry[]> {
  const keys = entries.filter(({ kind }) => kind === 'event').map(({ key }) => key)
  const rows = await sql.query<{ key: string; event_id: string }>(
    `select replace(event_key::text, '-', '') as key, event_id from violation.processed_events where tenant_id = $1 and event_key = any($2::uuid[])`,
    [tenantId, keys],
  )
  const idOf = new Map(rows.map(({ key, event_id }) => [key, event_id]))
  return entries.map((entry) => ({ ...entry, eventId: idOf.get(entry.key) ?? null }))
}

function entriesOf({ firstSequence, hashes, atMs, batch }: StoredLink): Omit<LogEntry, 'eventId'>[] {
  if (batch === undefined) return []
  const at = new Date(atMs).toISOString()
  const kind = batch.kind === 'event' ? 'event' : 'change'
  return batch.keys.map((key, n) => ({ sequence: firstSequence + n, kind, key, digest: hashAt(batch.digests, n).toString('hex'), hash: hashAt(hashes, n).toString('hex'), at }))
}

/** A tenant's checkpoints, the latest first, up to a sequence. */
export function listCheckpoints(database: Database, tenantId: string, upTo: number, limit: number): Promise<SignedCheckpoint[]> {
  return database.transaction([tenantId], (sql) => readCheckpoints(sql, tenantId, { from: 0, to: upTo, limit, newestFirst: true }))
}

/** All that somebody needs to see, without this installation, that an event was decided so and that a checkpoint covers it. */
export interface EventProof {
  readonly tenantId: string
  readonly eventId: string
  /** What was decided, with the salt: the digest is its SHA-256. */
  readonly content: string
  readonly entry: { readonly sequence: number; readonly key: string; readonly digest: string; readonly at: string; readonly previousHash: string; readonly hash: string }
  /** The entries that follow, up to the checkpoint. */
  readonly path: readonly { readonly key: string; readonly digest: string; readonly at: string }[]
  /** Null: none covers it yet, or the installation signs none. */
  readonly checkpoint: SignedCheckpoint | null
}

/**
 * The proof of an event of a tenant; where several sources used the id, of the one processed last.
 * @returns `waits` before the event's entry has its place in the chain; undefined when the event has reached no outcome
 */
export function readProof(database: Database, tenantId: string, eventId: string): Promise<EventProof | 'waits' | undefined> {
  return database.transaction([tenantId], async (sql) => {
    const [event] = await sql.query<{ key: string; batch: string | null }>(
      `select replace(event_key::text, '-', '') as key, decision_batch as batch from violation.processed_events
       where tenant_id = $1 and event_id = $2 order by processed_at desc limit 1`,
      [tenantId, eventId],
    )
    if (event === undefined) return undefined
    const link = event.batch === null ? undefined : await readLinkOfBatch(sql, tenantId, event.batch)
    const stored = (await readEventContents(sql, tenantId, [event.key])).get(event.key)
    if (link?.batch === undefined || stored === undefined) return 'waits'
    const own = entriesOf(link)
    const place = own.findIndex(({ key }) => key === event.key)
    const entry = own[place]
    if (entry === undefined) return 'waits'
    const { sequence, key, digest, at, hash } = entry
    const previousHash = place === 0 ? link.prevHash : hashAt(link.hashes, place - 1)
    const [checkpoint] = await readCheckpoints(sql, tenantId, { from: sequence, limit: 1 })
    const following = checkpoint === undefined ? [] : [...own.slice(place + 1), ...(await entriesBetween(sql, tenantId, link.firstSequence + link.entries, checkpoint.sequence))]
    return {
      tenantId,
      eventId,
      content: stored.content,
      entry: { sequence, key, digest, at, previousHash: previousHash.toString('hex'), hash },
      path: following.filter((each) => each.sequence <= (checkpoint?.sequence ?? 0)).map((each) => ({ key: each.key, digest: each.digest, at: each.at })),
      checkpoint: checkpoint ?? null,
    }
  })
}

/** Checkpoints are at most some two thousand entries apart. */
async function entriesBetween(sql: Sql, tenantId: string, from: number, to: number): Promise<Omit<LogEntry, 'eventId'>[]> {
  const found: Omit<LogEntry, 'eventId'>[] = []
  let next = from
  while (next <= to) {
    const links = await readLinks(sql, tenantId, { from: next, entriesMax: to - next + 1 })
    const last = links.at(-1)
    if (last === undefined) break
    found.push(...links.flatMap(entriesOf))
    next = last.firstSequence + last.entries
  }
  return found
}
