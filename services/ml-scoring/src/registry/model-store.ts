import { challengersMax, type ModelName } from '@ott/contracts/model-configured'
import type { Cursor, PageRequest } from '@ott/http/page'
import { Problem } from '@ott/http/problem'
import type { Database, Sql } from '@ott/postgres/database'
import type { ArtefactAddress } from './artefact-store.ts'
import type { ModelTransition, ModelVersion, TrainingRecord } from './model-version.ts'

/** A tenant's model as a whole. */
export interface Model {
  readonly name: string
  /** Grows with every change of what is served. */
  readonly sequence: number
  readonly versions: number
  readonly champion: number | null
  readonly challengers: readonly number[]
  readonly createdAt: Date
}

/** Who does something, and when. */
export interface Actor {
  readonly tenantId: string
  /** Id of the API key, or of the part of the product that acts. */
  readonly keyId: string
  readonly nowMs: number
}

/** A version that is to be registered; its artefact is kept already. */
export interface NewVersion extends ArtefactAddress {
  readonly model: ModelName
  readonly kind: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly training: TrainingRecord
}

export const versionsMax = 10_000

const versionColumns = `v.model, v.version, s.status, v.kind, v.sha256, v.size_bytes as "sizeBytes", v.metadata, v.training,
  v.created_at as "createdAt", v.created_by as "createdBy", s.changed_at as "changedAt"`
const versionTables = 'ml_scoring.model_versions v join ml_scoring.model_standings s using (tenant_id, model, version)'

type VersionRow = Omit<ModelVersion, 'sizeBytes'> & { readonly sizeBytes: string }
const versionOfRow = (row: VersionRow): ModelVersion => ({ ...row, sizeBytes: Number(row.sizeBytes) })

/** Keeps a version as a candidate, numbered from 1. What is served stays as it is. */
export function insertVersion(database: Database, { tenantId, keyId, nowMs }: Actor, { model, kind, sha256, sizeBytes, metadata, training }: NewVersion): Promise<ModelVersion> {
  const now = new Date(nowMs)
  return database.transaction([tenantId], async (sql) => {
    const [held] = await sql.query<{ version: number; sequence: string }>(
      `insert into ml_scoring.models as m (tenant_id, model, last_version, created_at) values ($1, $2, 1, $3)
       on conflict (tenant_id, model) do update set last_version = m.last_version + 1 returning last_version as version, sequence`,
      [tenantId, model, now],
    )
    const { version = 0, sequence = '0' } = held ?? {}
    if (version > versionsMax) throw new Problem(409, 'conflict', `${versionsMax} versions are kept already`)
    await sql.query(
      `insert into ml_scoring.model_versions (tenant_id, model, version, kind, sha256, size_bytes, metadata, training, created_at, created_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [tenantId, model, version, kind, sha256, sizeBytes, JSON.stringify(metadata), JSON.stringify(training), now, keyId],
    )
    await sql.query(`insert into ml_scoring.model_standings (tenant_id, model, version, status, changed_at) values ($1, $2, $3, 'candidate', $4)`, [tenantId, model, version, now])
    await sql.query(
      `insert into ml_scoring.model_transitions (tenant_id, model, sequence, version, at, by_key, action, to_status) values ($1, $2, $3, $4, $5, $6, 'register', 'candidate')`,
      [tenantId, model, sequence, version, now, keyId],
    )
    return { model, version, status: 'candidate', kind, sha256, sizeBytes, metadata, training, createdAt: now, createdBy: keyId, changedAt: now }
  })
}

/** One version's new status, with what is kept of the change. */
export interface Step extends Pick<ModelTransition, 'version' | 'action' | 'from' | 'to'>, Partial<Pick<ModelTransition, 'reason' | 'forced' | 'gate'>> {}

/**
 * Changes what is served, if nobody has changed it since it was at `sequence`; of two callers that saw the same state one gets a Problem.
 * From then on it is to be announced.
 */
export function changeStandings(database: Database, { tenantId, keyId, nowMs }: Actor, model: string, sequence: number, steps: readonly Step[]): Promise<void> {
  const now = new Date(nowMs)
  return database.transaction([tenantId], async (sql) => {
    const held = await sql.query(
      'update ml_scoring.models set sequence = sequence + 1, announced = false where tenant_id = $1 and model = $2 and sequence = $3 returning 1',
      [tenantId, model, sequence],
    )
    if (held.length === 0) throw new Problem(409, 'conflict', 'it was changed meanwhile')
    // The champion goes before another comes: there is one at any time.
    for (const { version, action, from, to, reason = null, forced = false, gate = null } of steps) {
      const changed = await sql.query(
        'update ml_scoring.model_standings set status = $4, changed_at = $5 where tenant_id = $1 and model = $2 and version = $3 and status = $6 returning 1',
        [tenantId, model, version, to, now, from],
      )
      if (changed.length === 0) throw new Problem(409, 'conflict', 'it was changed meanwhile')
      await sql.query(
        `insert into ml_scoring.model_transitions (tenant_id, model, sequence, version, at, by_key, action, from_status, to_status, reason, forced, gate)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
        [tenantId, model, sequence + 1, version, now, keyId, action, from, to, reason, forced, gate === null ? null : JSON.stringify(gate)],
      )
    }
  })
}

const modelColumns = `m.model as name, m.sequence, m.last_version as versions, m.created_at as "createdAt",
  (select version from ml_scoring.model_standings s where s.tenant_id = m.tenant_id and s.model = m.model and status = 'champion') as champion,
  array(select version from ml_scoring.model_standings s where s.tenant_id = m.tenant_id and s.model = m.model and status = 'challenger' order by version) as challengers`

type ModelRow = Omit<Model, 'sequence'> & { readonly sequence: string }
const modelOfRow = (row: ModelRow): Model => ({ ...row, sequence: Number(row.sequence) })

export async function listModels(database: Database, tenantId: string): Promise<Model[]> {
  const rows = await database.transaction([tenantId], (sql) => sql.query<ModelRow>(`select ${modelColumns} from ml_scoring.models m where tenant_id = $1 order by model`, [tenantId]))
  return rows.map(modelOfRow)
}

export async function readModel(database: Database, tenantId: string, name: string): Promise<Model | undefined> {
  const [row] = await database.transaction([tenantId], (sql) => sql.query<ModelRow>(`select ${modelColumns} from ml_scoring.models m where tenant_id = $1 and model = $2`, [tenantId, name]))
  return row && modelOfRow(row)
}

/** Those of these numbers that there are. */
export function readVersions(database: Database, tenantId: string, model: string, versions: readonly number[]): Promise<ModelVersion[]> {
  return database.transaction([tenantId], async (sql) => {
    const rows = await sql.query<VersionRow>(`select ${versionColumns} from ${versionTables} where tenant_id = $1 and model = $2 and version = any($3::int[]) order by version`, [tenantId, model, versions])
    return rows.map(versionOfRow)
  })
}

/** The version that a training run registered, if it came so far. */
export async function readVersionOfRun(database: Database, tenantId: string, model: string, runId: string): Promise<ModelVersion | undefined> {
  const [row] = await database.transaction([tenantId], (sql) =>
    sql.query<VersionRow>(`select ${versionColumns} from ${versionTables} where tenant_id = $1 and model = $2 and training->>'runId' = $3 order by version limit 1`, [tenantId, model, runId]),
  )
  return row && versionOfRow(row)
}

/** What is served of a model; for a transaction that holds it. */
export async function readServed(sql: Sql, tenantId: string, model: string): Promise<ModelVersion[]> {
  const rows = await sql.query<VersionRow>(
    `select ${versionColumns} from ${versionTables} where tenant_id = $1 and model = $2 and status in ('champion', 'challenger') order by version limit ${challengersMax + 1}`,
    [tenantId, model],
  )
  return rows.map(versionOfRow)
}

/** Newest first; one more than the page holds, when there are more. */
export async function listVersions(database: Database, tenantId: string, model: string, status: string | undefined, { limit, after }: PageRequest): Promise<ModelVersion[]> {
  const below = after === undefined ? null : Number(after.id)
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<VersionRow>(
      `select ${versionColumns} from ${versionTables}
       where tenant_id = $1 and model = $2 and ($3::text is null or status = $3) and ($4::int is null or version < $4) order by version desc limit $5`,
      [tenantId, model, status ?? null, below !== null && isVersionNumber(below) ? below : null, limit + 1],
    ),
  )
  return rows.map(versionOfRow)
}

/** Versions are numbered in the order of their making: the number alone says where a page ended. */
export function cursorOf({ createdAt, version }: ModelVersion): Cursor {
  return { at: createdAt.toISOString(), id: String(version) }
}

export function isVersionNumber(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= versionsMax
}

/** The history of a model, the first first; of one version when it is named. */
export async function readTransitions(database: Database, tenantId: string, model: string, version?: number): Promise<ModelTransition[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<Omit<ModelTransition, 'sequence'> & { sequence: string }>(
      `select * from (
         select sequence, version, at, by_key as by, action, from_status as "from", to_status as "to", reason, forced, gate
         from ml_scoring.model_transitions where tenant_id = $1 and model = $2 and ($3::int is null or version = $3) order by sequence desc, version desc limit 1000
       ) latest order by sequence, version`,
      [tenantId, model, version ?? null],
    ),
  )
  return rows.map((row) => ({ ...row, sequence: Number(row.sequence) }))
}

/** What made champions, the first first: enough to tell which was champion before. */
export function readSuccession(database: Database, tenantId: string, model: string): Promise<Pick<ModelTransition, 'action' | 'version'>[]> {
  return database.transaction([tenantId], (sql) =>
    sql.query<Pick<ModelTransition, 'action' | 'version'>>(
      `select action, version from ml_scoring.model_transitions where tenant_id = $1 and model = $2 and action in ('promote', 'rollback') order by sequence`,
      [tenantId, model],
    ),
  )
}
