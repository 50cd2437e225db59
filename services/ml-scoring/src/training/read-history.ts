import { mergeStored } from '@ott/history/merge-stored'
import { countStored, readEnvelope, type StoredEvent, type StoredPeriod } from '@ott/history/stored-events'
import type { Database } from '@ott/postgres/database'
import type { Slices } from '@ott/service/work-in-slices'

/** A processed event of the past, as models learn from it. */
export interface PastEvent {
  readonly id: string
  readonly type: string
  readonly subject: string
  /** RFC 3339. */
  readonly time: string
  readonly data: Readonly<Record<string, unknown>>
  /** Rules it was found to break when it was judged. */
  readonly findingsCount: number
}

export interface ReadHistoryOptions {
  readonly database: Database
  readonly tenantId: string
  readonly period: StoredPeriod
  readonly slices: Slices
  /** Called for every event that was processed, those of a viewer in the order of their arrival. */
  add(event: PastEvent): void
  /** Called after each page with the share of the period's events that is read, 0 to 1. What it throws ends the reading. */
  onProgress(share: number): Promise<void>
}

/**
 * Reads what a tenant's viewers did in a period, and what was found. Events that were left out as duplicates or filtered have no decision and are left
 * out here, too.
 * @returns how many were read
 */
export async function readHistory({ database, tenantId, period, slices, add, onProgress }: ReadHistoryOptions): Promise<number> {
  const total = await countStored(database, tenantId, period, () => onProgress(0))
  const stored = await mergeStored(database, tenantId, period, {})
  let read = 0
  let added = 0
  for (;;) {
    const page = await stored.next()
    if (page.length === 0) return added
    const findings = await findingsOf(database, tenantId, page)
    slices.startAnew()
    for (const event of page) {
      await slices.breathe()
      const findingsCount = findings.get(event.eventKey)
      const past = findingsCount === undefined ? undefined : pastEvent(event, findingsCount)
      if (past === undefined) continue
      add(past)
      added += 1
    }
    read += page.length
    await onProgress(total === 0 ? 1 : Math.min(1, read / total))
  }
}

async function findingsOf(database: Database, tenantId: string, page: readonly StoredEvent[]): Promise<Map<string, number>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ event_key: string; findings: number }>(
      `select replace(event_key::text, '-', '') as event_key, json_array_length(findings) as findings from violation.processed_events
       where tenant_id = $1 and event_key = any($2::uuid[])`,
      [tenantId, page.map(({ eventKey }) => eventKey)],
    ),
  )
  return new Map(rows.map(({ event_key, findings }) => [event_key, findings]))
}

/** Undefined for what the contract of today doesn't know any more. */
function pastEvent({ json }: StoredEvent, findingsCount: number): PastEvent | undefined {
  const event = readEnvelope(json)
  if (event === undefined) return undefined
  const { id, type, subject, time, data } = event
  if (typeof data !== 'object' || data === null || !Number.isFinite(Date.parse(time))) return undefined
  return { id, type, subject, time, data: data as Record<string, unknown>, findingsCount }
}
