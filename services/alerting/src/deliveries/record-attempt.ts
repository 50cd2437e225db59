import type { Database, Sql } from '@ott/postgres/database'
import { disableDestination, failingMsMax, forgetFailures, noteFailure, type DisabledReason } from './destination-health.ts'
import { destinationKey } from './destination-key.ts'
import type { DueDelivery } from './due-delivery.ts'
import { nextAttemptMs, parseRetryAfter } from './retry-schedule.ts'
import type { SendResult } from './send-result.ts'

export type DeliveryStatus = 'pending' | 'delivered' | 'failed' | 'skipped'

/** What a try means for its delivery. */
export interface Verdict {
  readonly status: DeliveryStatus
  /** Of `pending`. */
  readonly againMs: number | undefined
}

/** What happens in the transaction in which a try is recorded: both are kept, or neither. */
export interface DeliveryHooks {
  /** A delivery has come to its end; may come twice where the process died before the end was kept. */
  onFinished(sql: Sql, delivery: DueDelivery, status: Exclude<DeliveryStatus, 'pending'>, nowMs: number): Promise<void>
  /** A destination was disabled by itself, not by its tenant. */
  onDisabled(sql: Sql, disabled: DisabledDestination, nowMs: number): Promise<void>
}

export interface DisabledDestination {
  readonly tenantId: string
  readonly destination: DueDelivery['destination']
  readonly reason: Extract<DisabledReason, 'gone' | 'failing'>
  /** The last error, for people. */
  readonly error: string
}

export interface AttemptRecord {
  readonly delivery: DueDelivery
  readonly result: SendResult
  readonly startedAtMs: number
  readonly durationMs: number
  readonly verdict: Verdict
}

/** Statuses by which a server says that it is the moment that is wrong, not the message (RFC 9110, section 15.6.4; RFC 6585, section 4). */
const momentary = new Set([429, 503])

/** Decides what becomes of a delivery after a try. Pure: chance and time are passed in. */
export function judgeAttempt(delivery: Pick<DueDelivery, 'tries'>, result: SendResult, { waitsMs, chance, nowMs }: { waitsMs: readonly number[]; chance: number; nowMs: number }): Verdict {
  if (result.outcome === 'accepted') return { status: 'delivered', againMs: undefined }
  if (result.outcome === 'unroutable') return { status: 'skipped', againMs: undefined }
  if (result.outcome === 'gone') return { status: 'failed', againMs: undefined }
  const asked = momentary.has(result.status ?? 0) ? (result.retryAfterMs ?? parseRetryAfter(result.retryAfter, nowMs)) : undefined
  const againMs = nextAttemptMs({ tries: delivery.tries, waitsMs, chance, nowMs, retryAfterMs: asked })
  return { status: againMs === undefined ? 'failed' : 'pending', againMs }
}

/** Keeps a try in the log, what became of the delivery, and how its destination fares; disables one that is gone or failing for too long. */
export async function recordAttempt(database: Database, record: AttemptRecord, hooks: DeliveryHooks, nowMs: number): Promise<void> {
  const { delivery, result, verdict } = record
  const { tenantId, destination } = delivery
  const key = destinationKey(destination)
  await database.transaction([tenantId], async (sql) => {
    logAttempt(sql, record)
    // The destination's row comes first, as for whoever disables one: else each might wait for the other.
    const failingMs = await noteHealth(sql, tenantId, key, result, nowMs)
    const changed = await markDelivery(sql, delivery, verdict, result.error, nowMs)
    const reason = result.outcome === 'gone' ? 'gone' : failingMs >= failingMsMax ? 'failing' : undefined
    if (reason !== undefined && (await disableDestination(sql, tenantId, key, reason, nowMs))) {
      await hooks.onDisabled(sql, { tenantId, destination, reason, error: result.error ?? '' }, nowMs)
    }
    if (changed && verdict.status !== 'pending') await hooks.onFinished(sql, delivery, verdict.status, nowMs)
  })
}

/** Answers for how many ms the destination has been failing. */
async function noteHealth(sql: Sql, tenantId: string, key: string, { outcome }: SendResult, nowMs: number): Promise<number> {
  if (outcome === 'unroutable') return 0
  if (outcome !== 'accepted') return noteFailure(sql, tenantId, key, nowMs)
  await forgetFailures(sql, tenantId, key)
  return 0
}

/** Ends a delivery whose destination is disabled, without a try. */
export async function recordSkipped(database: Database, delivery: DueDelivery, hooks: DeliveryHooks, nowMs: number): Promise<void> {
  await database.transaction([delivery.tenantId], async (sql) => {
    const changed = await markDelivery(sql, delivery, { status: 'skipped', againMs: undefined }, 'the destination is disabled', nowMs)
    if (changed) await hooks.onFinished(sql, delivery, 'skipped', nowMs)
  })
}

/**
 * A try that took longer than its lease may find that another process tried too: a success holds all the same, a failure leaves what the other one found.
 * Those behind it in its lane wait as long as it does, so that nobody looks at them in vain.
 */
async function markDelivery(sql: Sql, { tenantId, id, attempts }: DueDelivery, { status, againMs }: Verdict, error: string | undefined, nowMs: number): Promise<boolean> {
  const [row] = await sql.query<{ destination: string; lane: string; sequence: string }>(
    `update alerting.deliveries set status = $4, last_error = $5, next_attempt_at = coalesce($6, next_attempt_at), finished_at = case when $4 = 'pending' then null else $7::timestamptz end
     where tenant_id = $1 and id = $2 and ((status = 'pending' and attempts = $3) or ($4 = 'delivered' and status <> 'delivered'))
     returning destination, lane, sequence`,
    [tenantId, id, attempts, status, shortText(error), againMs === undefined ? null : new Date(againMs), new Date(nowMs)],
  )
  if (row !== undefined && againMs !== undefined) {
    await sql.query(
      `update alerting.deliveries set next_attempt_at = $5
       where tenant_id = $1 and destination = $2 and lane = $3 and sequence > $4 and status = 'pending' and next_attempt_at < $5`,
      [tenantId, row.destination, row.lane, row.sequence, new Date(againMs)],
    )
  }
  return row !== undefined
}

function logAttempt(sql: Sql, { delivery, result, startedAtMs, durationMs }: AttemptRecord): void {
  sql.send(
    `insert into alerting.delivery_attempts (tenant_id, delivery_id, number, started_at, duration_ms, outcome, request, response, error)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (tenant_id, delivery_id, number) do nothing`,
    [
      ...[delivery.tenantId, delivery.id, delivery.attempts, new Date(startedAtMs), durationMs, result.outcome],
      ...[jsonText(result.request), jsonText(result.response), shortText(result.error)],
    ],
  )
}

function jsonText(value: object | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value, (_key, held: unknown) => (typeof held === 'string' ? storable(held) : held))
}

function shortText(text: string | undefined): string | null {
  return text === undefined ? null : storable(text.slice(0, 1_000))
}

/** PostgreSQL's text takes no NUL, and a receiver may answer with one. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '\ufffd').toWellFormed()
}
