import { randomUUID } from 'node:crypto'
import type { PageRequest } from '@ott/http/page'
import type { Database, Sql } from '@ott/postgres/database'
import type { ArtefactAddress } from '../registry/artefact-store.ts'

export const trainingStatuses = ['queued', 'running', 'finished', 'failed', 'cancelled'] as const
export type TrainingStatus = (typeof trainingStatuses)[number]

/** What a run does one after the other; `progress` is of the one it is in. */
export const trainingPhases = ['reading', 'training', 'storing'] as const
export type TrainingPhase = (typeof trainingPhases)[number]

/** Figures of a trained model, by name; what each means is said where it is measured. */
export type TrainingMetrics = Readonly<Record<string, number | null>>

/** Where a run goes on from when its worker is gone: plain JSON. */
export interface TrainingCheckpoint {
  /** The data it trains on, in the artefact store. */
  readonly snapshot: ArtefactAddress
}

/** A training run as it is kept. */
export interface TrainingRun {
  readonly tenantId: string
  readonly id: string
  readonly model: string
  readonly status: TrainingStatus
  readonly requestedBy: string
  readonly seed: number
  /** By receipt; the end is outside. */
  readonly from: Date
  readonly to: Date
  readonly phase: TrainingPhase | null
  readonly progress: number
  readonly snapshotHash: string | null
  readonly codeVersion: string | null
  readonly metrics: TrainingMetrics | null
  /** Of the model that came of it. */
  readonly version: number | null
  readonly failure: string | null
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
}

/** A run in hand: `holder` names the claim, which another may have taken over. */
export interface ClaimedTraining extends TrainingRun {
  readonly holder: string
  readonly attempts: number
  readonly checkpoint: TrainingCheckpoint | null
}

/** Somebody else works on the run, or it was cancelled: what was done since the last progress is void. */
export class TrainingLostError extends Error {
  override readonly name = 'TrainingLostError'
}

interface TrainingRow {
  tenant_id: string
  id: string
  model: string
  status: TrainingStatus
  requested_by: string
  seed: number
  from_at: Date
  to_at: Date
  phase: TrainingPhase | null
  progress: number
  snapshot_hash: string | null
  code_version: string | null
  metrics: TrainingMetrics | null
  version: number | null
  failure: string | null
  created_at: Date
  started_at: Date | null
  finished_at: Date | null
  checkpoint: TrainingCheckpoint | null
  attempts: number
}

const columnNames = [
  ...['tenant_id', 'id', 'model', 'status', 'requested_by', 'seed', 'from_at', 'to_at', 'phase', 'progress', 'snapshot_hash', 'code_version'],
  ...['metrics', 'version', 'failure', 'created_at', 'started_at', 'finished_at', 'checkpoint', 'attempts'],
]
const columns = columnNames.join(', ')

function runOf(row: TrainingRow): TrainingRun {
  return {
    tenantId: row.tenant_id,
    id: row.id,
    model: row.model,
    status: row.status,
    requestedBy: row.requested_by,
    seed: row.seed,
    from: row.from_at,
    to: row.to_at,
    phase: row.phase,
    progress: row.progress,
    snapshotHash: row.snapshot_hash,
    codeVersion: row.code_version,
    metrics: row.metrics,
    version: row.version,
    failure: row.failure,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }
}

export type NewTraining = Pick<TrainingRun, 'tenantId' | 'model' | 'requestedBy' | 'seed' | 'from' | 'to'>

/** That wait or run, of one tenant, and that are kept of those that ended. */
export const trainingBounds = { pendingMax: 10, keptMax: 500 }

/** Puts a run into the queue; undefined when the tenant has as many under way as it may. */
export async function createTraining(database: Database, training: NewTraining): Promise<TrainingRun | undefined> {
  return database.transaction([training.tenantId], (sql) => queueTraining(sql, training))
}

/** {@link createTraining}, in a transaction with something else. */
export async function queueTraining(sql: Sql, { tenantId, model, requestedBy, seed, from, to }: NewTraining): Promise<TrainingRun | undefined> {
  await oneAtATime(sql)
  const [pending] = await sql.query<{ count: number }>("select count(*)::int as count from ml_scoring.training_runs where tenant_id = $1 and status in ('queued', 'running')", [tenantId])
  if ((pending?.count ?? 0) >= trainingBounds.pendingMax) return undefined
  const [row] = await sql.query<TrainingRow>(
    `insert into ml_scoring.training_runs (tenant_id, id, model, requested_by, seed, from_at, to_at) values ($1, $2, $3, $4, $5, $6, $7) returning ${columns}`,
    [tenantId, randomUUID(), model, requestedBy, seed, from, to],
  )
  sql.send(
    `delete from ml_scoring.training_runs where tenant_id = $1 and status not in ('queued', 'running')
       and id in (select id from ml_scoring.training_runs where tenant_id = $1 order by created_at desc, id desc offset $2)`,
    [tenantId, trainingBounds.keptMax],
  )
  return row && runOf(row)
}

/** Whether a run of a model waits or runs. Nobody queues one until the transaction ends. */
export async function hasTrainingUnderWay(sql: Sql, tenantId: string, model: string): Promise<boolean> {
  await oneAtATime(sql)
  const rows = await sql.query("select 1 from ml_scoring.training_runs where tenant_id = $1 and model = $2 and status in ('queued', 'running') limit 1", [tenantId, model])
  return rows.length > 0
}

/** Serialises what counts runs before it changes them. Short: held until the transaction ends. */
async function oneAtATime(sql: Sql): Promise<void> {
  await sql.query('select pg_advisory_xact_lock(720126)')
}

export async function readTraining(database: Database, tenantId: string, id: string): Promise<TrainingRun | undefined> {
  const [row] = await database.transaction([tenantId], (sql) => sql.query<TrainingRow>(`select ${columns} from ml_scoring.training_runs where tenant_id = $1 and id = $2`, [tenantId, id]))
  return row && runOf(row)
}

/** Newest first, of one model or of all; up to one more than the page holds. */
export async function listTrainings(database: Database, tenantId: string, model: string | undefined, { limit, after }: PageRequest): Promise<TrainingRun[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<TrainingRow>(
      `select ${columns} from ml_scoring.training_runs
       where tenant_id = $1 and ($2::text is null or model = $2)
         and ($3::timestamptz is null or (date_trunc('milliseconds', created_at), id::text) < ($3, $4))
       order by date_trunc('milliseconds', created_at) desc, id::text desc limit $5`,
      [tenantId, model ?? null, after?.at ?? null, after?.id ?? null, limit + 1],
    ),
  )
  return rows.map(runOf)
}

/** Ends a run that waits or runs; one that has ended stays as it is. Undefined when there is none. */
export async function cancelTraining(database: Database, tenantId: string, id: string): Promise<TrainingRun | undefined> {
  await database.transaction([tenantId], async (sql) =>
    sql.send(
      "update ml_scoring.training_runs set status = 'cancelled', finished_at = now(), updated_at = now(), lease_holder = null where tenant_id = $1 and id = $2 and status in ('queued', 'running')",
      [tenantId, id],
    ),
  )
  return readTraining(database, tenantId, id)
}

/** Takes the run that has waited longest, or one whose worker has been silent for too long; one of a tenant at a time. */
export async function claimTraining(database: Database, tenants: readonly string[], leaseMs: number): Promise<ClaimedTraining | undefined> {
  if (tenants.length === 0) return undefined
  const holder = randomUUID()
  return database.transaction(tenants, async (sql) => {
    await oneAtATime(sql)
    const [row] = await sql.query<TrainingRow>(
      `update ml_scoring.training_runs r set status = 'running', started_at = coalesce(r.started_at, now()), lease_holder = $1,
         lease_until = now() + $2 * interval '1 ms', attempts = r.attempts + 1, updated_at = now()
       from (select w.tenant_id, w.id from ml_scoring.training_runs w
             where (w.status = 'queued' or (w.status = 'running' and w.lease_until < now()))
               and not exists (select 1 from ml_scoring.training_runs o where o.tenant_id = w.tenant_id and o.status = 'running' and o.lease_until >= now())
             order by w.created_at, w.id limit 1) waiting
       where r.tenant_id = waiting.tenant_id and r.id = waiting.id
       returning ${columnNames.map((column) => `r.${column}`).join(', ')}`,
      [holder, leaseMs],
    )
    return row && { ...runOf(row), holder, attempts: row.attempts, checkpoint: row.checkpoint }
  })
}

type Held = Pick<ClaimedTraining, 'tenantId' | 'id' | 'holder'>

export interface TrainingProgress {
  readonly phase: TrainingPhase
  /** 0 to 1, of the phase. */
  readonly progress: number
  /** Kept as it was when left out. */
  readonly checkpoint?: TrainingCheckpoint
}

/**
 * Says how far a run is, and stays in charge for another lease.
 * @throws {TrainingLostError} when another took over or it was cancelled: nothing is written
 */
export async function saveTrainingProgress(database: Database, held: Held, { phase, progress, checkpoint }: TrainingProgress, leaseMs: number): Promise<void> {
  const { tenantId, id, holder } = held
  const kept = await database.transaction([tenantId], (sql) =>
    sql.query(
      `update ml_scoring.training_runs set phase = $4, progress = $5, checkpoint = coalesce($6::json, checkpoint), snapshot_hash = coalesce($7, snapshot_hash),
         attempts = case when $6::json is null then attempts else 0 end, lease_until = now() + $8 * interval '1 ms', updated_at = now()
       where tenant_id = $1 and id = $2 and lease_holder = $3 and status = 'running' returning id`,
      [tenantId, id, holder, phase, progress, checkpoint === undefined ? null : JSON.stringify(checkpoint), checkpoint?.snapshot.sha256 ?? null, leaseMs],
    ),
  )
  if (kept.length === 0) throw new TrainingLostError('the training was cancelled or taken over')
}

export type TrainingEnding =
  | { readonly status: 'finished'; readonly version: number; readonly metrics: TrainingMetrics; readonly codeVersion: string }
  | { readonly status: 'failed'; readonly failure: string }

/** Ends a run that is in hand. */
export async function endTraining(database: Database, { tenantId, id, holder }: Held, ending: TrainingEnding): Promise<void> {
  const finished = ending.status === 'finished' ? ending : undefined
  await database.transaction([tenantId], async (sql) =>
    sql.send(
      `update ml_scoring.training_runs set status = $4, failure = $5, version = $6, metrics = $7, code_version = $8, progress = 1, finished_at = now(), updated_at = now(), lease_holder = null
       where tenant_id = $1 and id = $2 and lease_holder = $3 and status = 'running'`,
      [
        ...[tenantId, id, holder, ending.status, ending.status === 'failed' ? ending.failure.slice(0, 2_000) : null],
        ...[finished?.version ?? null, finished === undefined ? null : JSON.stringify(finished.metrics), finished?.codeVersion ?? null],
      ],
    ),
  )
}

/** Gives a run back: somebody may go on with it after a while, from its last checkpoint. */
export async function releaseTraining(database: Database, { tenantId, id, holder }: Held, afterMs: number): Promise<void> {
  await database.transaction([tenantId], async (sql) =>
    sql.send("update ml_scoring.training_runs set lease_until = now() + ($4 - 1) * interval '1 ms' where tenant_id = $1 and id = $2 and lease_holder = $3 and status = 'running'", [tenantId, id, holder, afterMs]),
  )
}
