import type { Database } from '@ott/postgres/database'
import type { ArtefactAddress } from '../registry/artefact-store.ts'
import type { FederationTerms } from './federation-terms.ts'

export type FederationRunStatus = 'running' | 'finished' | 'failed'
export type ShareStatus = 'taking-part' | 'finished' | 'left-out'

/** Averaging in rounds: one at a time of a model. */
export interface FederationRun {
  readonly id: string
  readonly model: string
  readonly status: FederationRunStatus
  readonly terms: FederationTerms
  /** Rounds that are done. */
  readonly round: number
  /** Learned weights after them, in one row; empty when the run has ended. */
  readonly learned: Float32Array
  readonly attempts: number
  readonly startedAt: Date
  readonly finishedAt: Date | null
}

/** A member's part in a run. */
export interface FederationShare {
  readonly tenantId: string
  readonly status: ShareStatus
  readonly reason: string | null
  readonly snapshot: ArtefactAddress | null
  readonly rounds: number
  /** Of the model that came of it. */
  readonly version: number | null
}

/** Another process leads by now, and has gone on with the run. */
export class FederationOvertakenError extends Error {
  override readonly name = 'FederationOvertakenError'
}

interface RunRow {
  id: string
  model: string
  status: FederationRunStatus
  terms: FederationTerms
  round: number
  learned: Buffer | null
  attempts: number
  started_at: Date
  finished_at: Date | null
}
interface ShareRow {
  tenant_id: string
  status: ShareStatus
  reason: string | null
  snapshot: ArtefactAddress | null
  rounds: number
  version: number | null
}

const runColumns = 'id, model, status, terms, round, learned, attempts, started_at, finished_at'
const shareColumns = 'tenant_id, status, reason, snapshot, rounds, version'

function runOf({ started_at, finished_at, learned, ...rest }: RunRow): FederationRun {
  return { ...rest, learned: weightsOf(learned), startedAt: started_at, finishedAt: finished_at }
}

function shareOf({ tenant_id, ...rest }: ShareRow): FederationShare {
  return { tenantId: tenant_id, ...rest }
}

export type NewFederationRun = Pick<FederationRun, 'id' | 'model' | 'terms' | 'learned' | 'startedAt'> & {
  /** Failed from the beginning when there are too few members; then each share says so. */
  readonly status: 'running' | 'failed'
  readonly shares: readonly Pick<FederationShare, 'tenantId' | 'status' | 'reason'>[]
}

/** Begins a run with its shares. @returns false when one of the model is under way */
export async function beginRun(database: Database, { id, model, status, terms, learned, startedAt, shares }: NewFederationRun): Promise<boolean> {
  return database.transaction(
    shares.map(({ tenantId }) => tenantId),
    async (sql) => {
      const begun = await sql.query(
        `insert into ml_scoring.federation_runs (id, model, status, terms, learned, started_at, finished_at)
         values ($1, $2, $3, $4, $5, $6::timestamptz, case when $3 = 'failed' then $6::timestamptz end) on conflict do nothing returning 1`,
        [id, model, status, JSON.stringify(terms), status === 'failed' ? null : bytesOf(learned), startedAt],
      )
      if (begun.length === 0) return false
      sql.send(
        `insert into ml_scoring.federation_shares (tenant_id, run_id, status, reason)
         select tenant_id, $1, status, reason from unnest($2::text[], $3::text[], $4::text[]) as u (tenant_id, status, reason)`,
        [id, shares.map(({ tenantId }) => tenantId), shares.map((share) => share.status), shares.map(({ reason }) => reason)],
      )
      return true
    },
  )
}

/** The run of the model that is under way, taken up once more. */
export async function takeUpRun(database: Database, model: string): Promise<FederationRun | undefined> {
  const [row] = await database.transaction([], (sql) =>
    sql.query<RunRow>(`update ml_scoring.federation_runs set attempts = attempts + 1 where model = $1 and status = 'running' returning ${runColumns}`, [model]),
  )
  return row && runOf(row)
}

/** Takes no account of the last taking up: what ended it wasn't the run's fault. */
export async function giveBackRun(database: Database, id: string): Promise<void> {
  await database.transaction([], async (sql) => sql.send('update ml_scoring.federation_runs set attempts = greatest(0, attempts - 1) where id = $1', [id]))
}

/** When a run of the model last began. */
export async function lastBegun(database: Database, model: string): Promise<Date | undefined> {
  const [row] = await database.transaction([], (sql) => sql.query<{ started_at: Date }>('select started_at from ml_scoring.federation_runs where model = $1 order by started_at desc limit 1', [model]))
  return row?.started_at
}

/** The run's shares of these tenants, in one order. */
export async function readShares(database: Database, tenants: readonly string[], runId: string): Promise<FederationShare[]> {
  if (tenants.length === 0) return []
  const rows = await database.transaction(tenants, (sql) => sql.query<ShareRow>(`select ${shareColumns} from ml_scoring.federation_shares where run_id = $1 order by tenant_id`, [runId]))
  return rows.map(shareOf)
}

/** Notes what came of a share; what is left out stays. */
export async function changeShare(database: Database, tenantId: string, runId: string, { status, reason, snapshot, version }: Partial<Omit<FederationShare, 'tenantId' | 'rounds'>>): Promise<void> {
  await database.transaction([tenantId], async (sql) =>
    sql.send(
      `update ml_scoring.federation_shares set status = coalesce($3, status), reason = coalesce($4, reason), snapshot = coalesce($5, snapshot), version = coalesce($6, version)
       where tenant_id = $1 and run_id = $2`,
      [tenantId, runId, status ?? null, reason ?? null, snapshot ? JSON.stringify(snapshot) : null, version ?? null],
    ),
  )
}

/**
 * Ends a round: the weights after it, and one round more on the account of each who took part, or neither.
 * @throws {FederationOvertakenError} when the round was ended already
 */
export async function closeRound(database: Database, { id, round }: Pick<FederationRun, 'id' | 'round'>, learned: Float32Array, tenants: readonly string[]): Promise<void> {
  await database.transaction(tenants, async (sql) => {
    const moved = await sql.query("update ml_scoring.federation_runs set round = round + 1, learned = $3, attempts = 0 where id = $1 and round = $2 and status = 'running' returning 1", [id, round, bytesOf(learned)])
    if (moved.length === 0) throw new FederationOvertakenError(`round ${round + 1} of ${id} was ended by another process`)
    await sql.query('update ml_scoring.federation_shares set rounds = rounds + 1 where run_id = $1 and tenant_id = any($2::text[])', [id, tenants])
  })
}

/** Ends the run; who still takes part, of the tenants, is left out for the reason. */
export async function endRun(database: Database, id: string, status: 'finished' | 'failed', tenants: readonly string[], reason: string | null = null): Promise<void> {
  await database.transaction(tenants, async (sql) => {
    sql.send("update ml_scoring.federation_runs set status = $2, finished_at = now(), learned = null where id = $1 and status = 'running'", [id, status])
    if (reason !== null) sql.send("update ml_scoring.federation_shares set status = 'left-out', reason = $2 where run_id = $1 and status = 'taking-part'", [id, reason])
  })
}

/** A run as one of its members sees it. */
export type SharedRun = Omit<FederationRun, 'learned' | 'attempts'> & Pick<FederationShare, 'reason' | 'rounds' | 'version'> & { readonly share: ShareStatus }

/** The latest first: all of them where no limit is given, which is what the account of a budget needs. */
export async function readSharedRuns(database: Database, tenantId: string, model: string, limit?: number): Promise<SharedRun[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<Omit<RunRow, 'learned' | 'attempts'> & { share: ShareStatus; reason: string | null; rounds: number; version: number | null }>(
      `select r.id, r.model, r.status, r.terms, r.round, r.started_at, r.finished_at, s.status as share, s.reason, s.rounds, s.version
       from ml_scoring.federation_shares s join ml_scoring.federation_runs r on r.id = s.run_id
       where s.tenant_id = $1 and r.model = $2 order by r.started_at desc, r.id limit $3`,
      [tenantId, model, limit ?? null],
    ),
  )
  return rows.map(({ started_at, finished_at, ...rest }) => ({ ...rest, startedAt: started_at, finishedAt: finished_at }))
}

function bytesOf(weights: Float32Array): Buffer {
  const bytes = Buffer.alloc(weights.length * 4)
  weights.forEach((weight, at) => bytes.writeFloatLE(weight, at * 4))
  return bytes
}

function weightsOf(bytes: Buffer | null): Float32Array {
  return bytes === null ? new Float32Array(0) : Float32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4))
}
