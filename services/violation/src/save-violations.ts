import type { EventScored } from '@ott/contracts/event-scored'
import type { SavedRow } from '@ott/pipeline/define-stage'
import type { Sql } from '@ott/postgres/database'
import { saveCases } from './cases/save-cases.ts'
import { saveProcessed } from './decision-log/save-processed.ts'
import type { ViolationRow } from './judge-violations.ts'

/**
 * Writes what a batch decided, one statement a table and kind of change. Repeating it changes nothing.
 * @param processed writes what became of the events
 */
export async function saveViolationRows(rows: readonly SavedRow<EventScored, ViolationRow>[], sql: Sql, nowMs: number, processed = saveProcessed): Promise<void> {
  processed(rows, sql, nowMs)
  saveCases(rows, sql, nowMs)
}
