import { randomBytes, randomUUID } from 'node:crypto'
import type { Sql } from '@ott/postgres/database'
import { changeContent, digestOf } from './decision-content.ts'
import { batchEntriesMax } from './save-processed.ts'

/** Something that was decided other than by an event. */
export interface DecidedChange {
  /** A short word: `case-resolved`. `event` and `erasure` are taken. */
  readonly kind: string
  readonly tenantId: string
  /** Whom it is about; goes when they are erased. */
  readonly subject?: string
  readonly atMs: number
  /** What was decided, by whom and why. Names that every change has (`kind`, `id`, `at`, `salt`, `subject`) are not for it. */
  readonly content: Readonly<Record<string, string>>
}

/**
 * Adds changes to the log, in the caller's transaction: they are in the log exactly when what else that transaction does is done.
 * At most a thousand of one tenant at a time.
 */
export function appendDecisions(sql: Sql, changes: readonly DecidedChange[]): void {
  for (const { kind } of changes) if (kind === 'event' || kind === 'erasure') throw new Error(`a change of the kind ${kind} is none that a person decides`)
  append(sql, changes)
}

/**
 * Notes that what was decided about these events is erased, in the transaction that deletes the rows. Their entries stay in the chain, and
 * nobody can tell any more what they were about: the salt is gone with the row.
 * @param eventKeys as in `processed_events`, and ids of changes
 */
export function recordErasure(sql: Sql, erased: { tenantId: string; keys: readonly string[]; by: string; atMs: number }): void {
  const { tenantId, by, atMs } = erased
  for (let from = 0; from < erased.keys.length; from += batchEntriesMax) {
    const keys = erased.keys.slice(from, from + batchEntriesMax).map((key) => key.replaceAll('-', ''))
    append(sql, [{ kind: 'erasure', tenantId, atMs, content: { by, keys: keys.join(' ') } }], keys)
  }
}

function append(sql: Sql, changes: readonly DecidedChange[], erasedKeys: readonly string[] | null = null): void {
  for (const [tenantId, own] of Map.groupBy(changes, (change) => change.tenantId)) {
    if (own.length > batchEntriesMax) throw new Error(`no more than ${batchEntriesMax} changes of a tenant at a time`)
    const batchId = randomUUID()
    const rows = own.map(({ kind, subject = '', atMs, content }) => {
      const id = randomUUID()
      const text = changeContent(content, { kind, id, at: new Date(atMs).toISOString(), salt: randomBytes(16).toString('hex'), subject })
      return { id, kind, subject, text, digest: Buffer.from(digestOf(text), 'hex') }
    })
    sql.send(
      `insert into violation.decision_changes (tenant_id, id, kind, subject, content, erased_keys, decision_batch)
       select $1, i, k, s, c, $6::uuid[], $7 from unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) as n (i, k, s, c)`,
      [tenantId, rows.map(({ id }) => id), rows.map(({ kind }) => kind), rows.map(({ subject }) => subject), rows.map(({ text }) => text), erasedKeys, batchId],
    )
    sql.send(`insert into violation.decision_batches (tenant_id, id, kind, keys, digests) values ($1, $2, 'change', $3::uuid[], $4)`, [
      tenantId,
      batchId,
      rows.map(({ id }) => id),
      Buffer.concat(rows.map(({ digest }) => digest)),
    ])
    sql.send('insert into violation.decision_pending (tenant_id, batch_id, entries, since) values ($1, $2, $3, $4)', [tenantId, batchId, rows.length, new Date(own[0]?.atMs ?? 0)])
  }
}
