import type { Database, Sql } from '@ott/postgres/database'
import { usualLimits, type OwnLimits } from './judge-drift.ts'

/** What a tenant wants to happen when a model drifts, and from when on that is so. Null: as is usual. */
export interface DriftSettings {
  readonly trainOnDrift: boolean
  readonly psiLimit: number | null
  readonly ksLimit: number | null
}

const settingsDefault: DriftSettings = { trainOnDrift: false, psiLimit: null, ksLimit: null }

/** As the tenant set them, or as is usual. */
export async function readDriftSettings(database: Database, tenantId: string, model: string): Promise<DriftSettings> {
  const [row] = await database.transaction([tenantId], (sql) =>
    sql.query<DriftSettings>('select train_on_drift as "trainOnDrift", psi_limit as "psiLimit", ks_limit as "ksLimit" from ml_scoring.drift_settings where tenant_id = $1 and model = $2', [tenantId, model]),
  )
  return row ?? settingsDefault
}

/** Sets all of them, in place of those there were. */
export async function setDriftSettings(database: Database, tenantId: string, model: string, { trainOnDrift, psiLimit, ksLimit }: DriftSettings, setBy: string): Promise<void> {
  await database.transaction([tenantId], async (sql) =>
    sql.send(
      `insert into ml_scoring.drift_settings (tenant_id, model, train_on_drift, psi_limit, ks_limit, set_by) values ($1, $2, $3, $4, $5, $6)
       on conflict (tenant_id, model) do update set train_on_drift = excluded.train_on_drift, psi_limit = excluded.psi_limit, ks_limit = excluded.ks_limit,
         set_by = excluded.set_by, set_at = now()`,
      [tenantId, model, trainOnDrift, psiLimit, ksLimit, setBy],
    ),
  )
}

/** The limits that hold. */
export function limitsOf({ psiLimit, ksLimit }: DriftSettings): OwnLimits {
  return { psiLimit: psiLimit ?? usualLimits.psiLimit, ksLimit: ksLimit ?? usualLimits.ksLimit }
}

/** Whether the tenant wants a training and none was queued for the day yet. Others who ask wait until the transaction ends. */
export async function holdTrainingOfDay(sql: Sql, tenantId: string, model: string, day: string): Promise<boolean> {
  const rows = await sql.query('select 1 from ml_scoring.drift_settings where tenant_id = $1 and model = $2 and train_on_drift and (trained_on is null or trained_on < $3::date) for update', [tenantId, model, day])
  return rows.length > 0
}

/** No further training is queued for the day. */
export function spendTrainingOfDay(sql: Sql, tenantId: string, model: string, day: string): void {
  sql.send('update ml_scoring.drift_settings set trained_on = $3::date where tenant_id = $1 and model = $2', [tenantId, model, day])
}
