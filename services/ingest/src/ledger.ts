import { eventAccepted } from '@ott/contracts/event-accepted'
import { eventAssessed } from '@ott/contracts/event-assessed'
import { eventScored } from '@ott/contracts/event-scored'
import { groupOf, inboundTopicOf, letterTopics, type StageName } from '@ott/contracts/topics'
import type { Bus } from '@ott/pipeline/bus'
import type { Database } from '@ott/postgres/database'

/** What became of a tenant's events. Every accepted one is in exactly one of the other terms; `missing` is what isn't. */
export interface Ledger {
  readonly accepted: number
  readonly processed: number
  readonly duplicate: number
  readonly filtered: number
  readonly deadLettered: number
  readonly inFlight: number
  readonly missing: number
  readonly refused: { readonly invalid: number; readonly rateLimited: number; readonly quotaExceeded: number }
}

/** Outcomes of a tenant, counted from rows. */
export interface OutcomeCounts {
  readonly processed: number
  readonly duplicate: number
  readonly filtered: number
  readonly deadLettered: number
  readonly refused: Ledger['refused']
}

/** Sets the terms against each other. `missing` below zero would mean that an event ended twice. */
export function reconcile(accepted: number, counts: OutcomeCounts, isWorkLeft: boolean): Ledger {
  const { processed, duplicate, filtered, deadLettered, refused } = counts
  const open = accepted - (processed + duplicate + filtered + deadLettered)
  const inFlight = isWorkLeft && open > 0 ? open : 0
  return { accepted, processed, duplicate, filtered, deadLettered, inFlight, missing: open - inFlight, refused }
}

/**
 * Reads the terms where they come from: accepted from the broker's end offsets (each 202 is a record there), outcomes
 * from rows, dead letters from the dead-letter topics (kept as rows by the dead-letters stage), work left from the
 * stages' lag. The order matters. Accepted is read first and lag from the first stage to the last, so that whatever was
 * accepted by then has moved past each stage whose lag reads zero; outcomes are read after that. When meanwhile
 * more ended than had been accepted at the start, accepted is read again.
 */
export async function readLedger(tenantId: string, bus: Bus, database: Database): Promise<Ledger> {
  const accepted = await acceptedCount(tenantId, bus)
  const workLeft = await isWorkLeft(tenantId, bus)
  const counts = await readOutcomes(tenantId, database)
  const ledger = reconcile(accepted, counts, workLeft)
  return ledger.missing < 0 ? reconcile(await acceptedCount(tenantId, bus), counts, true) : ledger
}

async function acceptedCount(tenantId: string, bus: Bus): Promise<number> {
  const ends = await bus.endOffsets(inboundTopicOf(tenantId))
  return Number(ends.reduce((sum, end) => sum + end, 0n))
}

async function isWorkLeft(tenantId: string, bus: Bus): Promise<boolean> {
  const consumed: readonly [StageName, readonly string[]][] = [
    ['ingest', [inboundTopicOf(tenantId)]],
    ['compliance', [eventAccepted.topic]],
    ['ml-scoring', [eventAssessed.topic]],
    ['violation', [eventScored.topic]],
    ['dead-letters', letterTopics()],
  ]
  for (const [stage, topics] of consumed) {
    if ((await bus.lag(groupOf(stage), topics)) > 0n) return true
  }
  return false
}

interface CountsRow {
  processed: string
  duplicate: string
  filtered: string
  dead_lettered: string
  invalid: string
  rate_limited: string
  quota_exceeded: string
}

/**
 * A dead letter of the first stage stays counted when it is redriven, since its redrive is a record of its own in the
 * inbound topic; one of a later stage is then again an event on its way.
 */
function readOutcomes(tenantId: string, database: Database): Promise<OutcomeCounts> {
  return database.transaction([tenantId], async (sql) => {
    const [row] = await sql.query<CountsRow>(
      `select
         (select count(*) from violation.processed_events where tenant_id = $1) as processed,
         (select count(*) from ingest.discarded_events where tenant_id = $1 and outcome = 'duplicate') as duplicate,
         (select count(*) from ingest.discarded_events where tenant_id = $1 and outcome = 'filtered') as filtered,
         (select count(*) from ingest.dead_letters
           where tenant_id = $1 and (stage = 'ingest' or (status = 'dead' and stage in ('compliance', 'ml-scoring', 'violation')))) as dead_lettered,
         (select coalesce(sum(count), 0) from ingest.refusals where tenant_id = $1 and reason = 'invalid') as invalid,
         (select coalesce(sum(count), 0) from ingest.refusals where tenant_id = $1 and reason = 'rateLimited') as rate_limited,
         (select coalesce(sum(count), 0) from ingest.refusals where tenant_id = $1 and reason = 'quotaExceeded') as quota_exceeded`,
      [tenantId],
    )
    return {
      processed: Number(row?.processed),
      duplicate: Number(row?.duplicate),
      filtered: Number(row?.filtered),
      deadLettered: Number(row?.dead_lettered),
      refused: { invalid: Number(row?.invalid), rateLimited: Number(row?.rate_limited), quotaExceeded: Number(row?.quota_exceeded) },
    }
  })
}
