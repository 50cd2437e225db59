import type { Database, Sql } from '@ott/postgres/database'
import { hashAt } from './chain.ts'
import { checkLink, endOf, type Before, type Broken, type StoredLink } from './check-links.ts'
import type { CheckpointKeys, SignedCheckpoint } from './checkpoint.ts'
import { digestOf } from './decision-content.ts'
import { readChangeContents, readErased, readEventContents } from './read-contents.ts'
import { readBefore, readCheckpoints, readLinkOf, readLinks } from './read-links.ts'
import { readHead } from './seal-decisions.ts'

/** Where a step of checking begins, and how far all its steps go. */
export type Position =
  | { readonly phase: 'chain'; readonly from: number; readonly to: number | undefined }
  /** All entries are checked; whether every processed event has one is looked at in the order of their keys. */
  | { readonly phase: 'events'; readonly after: string }

export interface VerifyOptions {
  readonly database: Database
  readonly keys: CheckpointKeys
  readonly nowMs: () => number
  /** A step ends at the page during which this is over. */
  readonly budgetMs: number
}

/** What one step found. */
export interface Verified {
  readonly valid: boolean
  /** Entries looked at, and how many of them are about somebody who was erased since. */
  readonly entries: number
  readonly erased: number
  /** Processed events looked at for their entries. */
  readonly events: number
  readonly from: number | null
  readonly to: number | null
  readonly head: { readonly sequence: number; readonly hash: string }
  readonly pending: number
  readonly checkpoints: { readonly checked: number; readonly lastSigned: SignedCheckpoint | null }
  readonly firstBroken: Broken | undefined
  /** Undefined: all is checked, or something is broken. */
  readonly next: Position | undefined
  readonly tookMs: number
}

const entriesPerPage = 1_000
const eventsPerPage = 2_000
const firstKey = '0'.repeat(32)

/** Begins with the chain; unless it ends at a given entry, the processed events follow. */
export function startAt(from = 1, to?: number): Position {
  return { phase: 'chain', from, to }
}

/**
 * Checks a tenant's log for as long as a step may take: that every entry follows from the one before, that digests are those of what the
 * tables say was decided, that the chain is the one of the checkpoints, and that no processed event is without an entry.
 * Whatever is first broken ends it.
 */
export async function verifyLog({ database, keys, nowMs, budgetMs }: VerifyOptions, tenantId: string, start: Position): Promise<Verified> {
  const startedAtMs = nowMs()
  const { head, pending, lastSigned } = await database.transaction([tenantId], (sql) => readState(sql, tenantId))
  const sum = { entries: 0, erased: 0, events: 0, checkpoints: 0, from: null as number | null, to: null as number | null }
  let position: Position | undefined = start
  let broken: Broken | undefined
  while (position !== undefined && broken === undefined) {
    const here: Position = position
    if (here.phase === 'chain') {
      const page: ChainPage = await database.transaction([tenantId], (sql) => checkPage(sql, tenantId, here, head, keys))
      broken = page.broken
      sum.entries += page.entries
      sum.erased += page.erased
      sum.checkpoints += page.checkpoints
      if (page.entries > 0) sum.from ??= page.from
      if (page.entries > 0) sum.to = page.to
      position = page.next
    } else {
      const page: EventsPage = await database.transaction([tenantId], (sql) => checkEvents(sql, tenantId, here.after))
      broken = page.broken
      sum.events += page.events
      position = page.next
    }
    if (nowMs() - startedAtMs >= budgetMs) break
  }
  return {
    valid: broken === undefined,
    entries: sum.entries,
    erased: sum.erased,
    events: sum.events,
    from: sum.from,
    to: sum.to,
    head: { sequence: head.sequence, hash: head.hash.toString('hex') },
    pending,
    checkpoints: { checked: sum.checkpoints, lastSigned: lastSigned ?? null },
    firstBroken: broken,
    next: broken === undefined ? position : undefined,
    tookMs: Math.round(nowMs() - startedAtMs),
  }
}

async function readState(sql: Sql, tenantId: string) {
  const head = await readHead(sql, tenantId)
  const [waiting] = await sql.query<{ pending: string }>('select coalesce(sum(entries), 0) as pending from violation.decision_pending where tenant_id = $1', [tenantId])
  const [lastSigned] = await readCheckpoints(sql, tenantId, { from: 0, limit: 1, newestFirst: true })
  return { head, pending: Number(waiting?.pending ?? 0), lastSigned }
}

interface ChainPage {
  readonly from: number
  readonly to: number
  readonly entries: number
  readonly erased: number
  readonly checkpoints: number
  readonly broken: Broken | undefined
  readonly next: Position | undefined
}

interface EventsPage {
  readonly events: number
  readonly broken: Broken | undefined
  readonly next: Position | undefined
}

async function checkPage(sql: Sql, tenantId: string, { from, to }: Extract<Position, { phase: 'chain' }>, head: Before, keys: CheckpointKeys): Promise<ChainPage> {
  const last = Math.min(to ?? head.sequence, head.sequence)
  const first = (await readLinkOf(sql, tenantId, from))?.firstSequence ?? 1
  const links = await readLinks(sql, tenantId, { from: first, entriesMax: entriesPerPage })
  const found: Broken[] = []
  let before = await readBefore(sql, tenantId, first)
  const start = before
  const sound: StoredLink[] = []
  for (const link of links) {
    if (before.sequence >= last) break
    const fault = checkLink(tenantId, before, link)
    if (fault !== undefined) found.push(fault)
    if (fault?.reason === 'gap' || fault?.reason === 'batch-missing' || fault?.reason === 'batch-differs') break
    sound.push(link)
    if (fault !== undefined) break
    before = endOf(link)
  }
  const contents = await checkContents(sql, tenantId, sound)
  if (contents.broken !== undefined) found.push(contents.broken)
  const end = sound.at(-1) === undefined ? start.sequence : endOf(sound.at(-1)!).sequence
  const isWhole = to === undefined && end >= last
  const checkpoints = await readCheckpoints(sql, tenantId, { from: start.sequence + 1, ...(isWhole ? {} : { to: end }), limit: entriesPerPage * 2 })
  for (const checkpoint of checkpoints) {
    const fault = checkCheckpoint(checkpoint, sound, await isBeyondHead(sql, tenantId, checkpoint, end), keys)
    if (fault !== undefined) found.push(fault)
  }
  const broken = found.sort((a, b) => (a.sequence ?? Number.POSITIVE_INFINITY) - (b.sequence ?? Number.POSITIVE_INFINITY))[0]
  const next: Position | undefined = end < last && sound.length > 0 ? { phase: 'chain', from: end + 1, to } : to === undefined ? { phase: 'events', after: firstKey } : undefined
  return { from: start.sequence + 1, to: end, entries: end - start.sequence, erased: contents.erased, checkpoints: checkpoints.length, broken, next }
}

/** Entries may have been sealed, and signed for, since the page was read. */
async function isBeyondHead(sql: Sql, tenantId: string, { sequence }: SignedCheckpoint, end: number): Promise<boolean | undefined> {
  if (sequence <= end) return undefined
  return (await readHead(sql, tenantId)).sequence < sequence
}

function checkCheckpoint(checkpoint: SignedCheckpoint, links: readonly StoredLink[], isBeyond: boolean | undefined, keys: CheckpointKeys): Broken | undefined {
  const { sequence } = checkpoint
  if (isBeyond === true) return { sequence, reason: 'checkpoint-beyond-head' }
  const verdict = keys.check(checkpoint)
  if (verdict !== 'valid') return { sequence, reason: verdict === 'unknown-key' ? 'checkpoint-key-unknown' : 'checkpoint-signature-invalid' }
  const link = links.find(({ firstSequence, entries }) => firstSequence <= sequence && sequence < firstSequence + entries)
  // What comes after this page is looked at with its own page.
  if (link === undefined) return undefined
  return hashAt(link.hashes, sequence - link.firstSequence).toString('hex') === checkpoint.hash ? undefined : { sequence, reason: 'checkpoint-hash-differs' }
}

async function checkContents(sql: Sql, tenantId: string, links: readonly StoredLink[]): Promise<{ erased: number; broken: Broken | undefined }> {
  const keysOf = (isEvent: boolean) => links.flatMap(({ batch }) => (batch !== undefined && (batch.kind === 'event') === isEvent ? batch.keys : []))
  const events = await readEventContents(sql, tenantId, keysOf(true))
  const changes = await readChangeContents(sql, tenantId, keysOf(false))
  const missing = [...keysOf(true).filter((key) => !events.has(key)), ...keysOf(false).filter((key) => !changes.has(key))]
  const erased = await readErased(sql, tenantId, missing)
  let erasedEntries = 0
  for (const { firstSequence, batchId, batch } of links) {
    for (const [n, key] of (batch?.keys ?? []).entries()) {
      const stored = (batch?.kind === 'event' ? events : changes).get(key)
      const sequence = firstSequence + n
      if (stored === undefined) {
        if (!erased.has(key)) return { erased: erasedEntries, broken: { sequence, reason: 'content-missing', key } }
        erasedEntries++
      } else if (stored.batchId !== batchId || digestOf(stored.content) !== hashAt(batch?.digests ?? new Uint8Array(), n).toString('hex')) {
        return { erased: erasedEntries, broken: { sequence, reason: 'content-differs', key } }
      }
    }
  }
  return { erased: erasedEntries, broken: undefined }
}

/** Whether each of the next events and changes is in a batch that has its place in the chain, or waits for it. */
async function checkEvents(sql: Sql, tenantId: string, after: string): Promise<EventsPage> {
  const rows = await sql.query<{ key: string; held: boolean }>(
    `select replace(p.event_key::text, '-', '') as key, exists (
       select from violation.decision_batches b where b.tenant_id = p.tenant_id and b.id = p.decision_batch and b.kind = 'event' and p.event_key = any(b.keys)
         and (exists (select from violation.decision_links l where l.tenant_id = b.tenant_id and l.batch_id = b.id)
           or exists (select from violation.decision_pending w where w.tenant_id = b.tenant_id and w.batch_id = b.id))
     ) as held
     from violation.processed_events p where p.tenant_id = $1 and p.event_key > $2 order by p.event_key limit ${eventsPerPage}`,
    [tenantId, after],
  )
  const lost = rows.find(({ held }) => !held)
  return {
    events: rows.length,
    broken: lost && { sequence: null, reason: 'event-without-entry', key: lost.key },
    next: rows.length === eventsPerPage ? { phase: 'events', after: rows.at(-1)?.key ?? firstKey } : undefined,
  }
}
