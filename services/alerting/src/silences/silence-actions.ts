import { Problem } from '@ott/http/problem'
import type { Database } from '@ott/postgres/database'
import type { z } from 'zod'
import { changedSilence, type NewSilence, type silenceChange } from './silence-request.ts'
import { changeSilence, insertSilence, readSilence, type SilenceItem } from './silence-store.ts'

/** Keeps a silence; throws a Problem when the tenant has too many. */
export async function createSilence(database: Database, tenantId: string, silence: NewSilence, nowMs: number): Promise<SilenceItem> {
  const kept = await database.transaction([tenantId], async (sql) => ((await insertSilence(sql, tenantId, silence, nowMs)) ? readSilence(sql, tenantId, silence.id) : undefined))
  if (kept === undefined) throw new Problem(409, 'busy', 'there are as many silences as a tenant may have at once: let some end')
  return kept
}

export interface ChangeRequest {
  readonly id: string
  readonly change: z.infer<typeof silenceChange>
  readonly expected: number | undefined
}

/** Moves or ends a silence. Throws a Problem: unknown, ended, changed by somebody else meanwhile, or times that can't be. */
export function updateSilence(database: Database, tenantId: string, { id, change, expected }: ChangeRequest, nowMs: number): Promise<SilenceItem> {
  return database.transaction([tenantId], async (sql) => {
    const silence = await known(readSilence(sql, tenantId, id))
    if (expected !== undefined && expected !== silence.version) throw new Problem(412, 'precondition-failed', 'somebody else has changed it meanwhile')
    if (silence.endsAtMs <= nowMs) throw new Problem(409, 'conflict', 'the silence has ended: make a new one')
    changeSilence(sql, tenantId, changedSilence(silence, change, nowMs), nowMs)
    return known(readSilence(sql, tenantId, id))
  })
}

/** Ends a silence now; one that has ended stays as it is. Nothing is deleted. */
export function expireSilence(database: Database, tenantId: string, id: string, nowMs: number): Promise<SilenceItem> {
  return database.transaction([tenantId], async (sql) => {
    const silence = await known(readSilence(sql, tenantId, id))
    if (silence.endsAtMs <= nowMs) return silence
    changeSilence(sql, tenantId, { id, startsAtMs: Math.min(silence.startsAtMs, nowMs), endsAtMs: nowMs, comment: silence.comment }, nowMs)
    return known(readSilence(sql, tenantId, id))
  })
}

async function known(read: Promise<SilenceItem | undefined>): Promise<SilenceItem> {
  const silence = await read
  if (silence === undefined) throw new Problem(404, 'not-found', 'there is no silence of this id')
  return silence
}
