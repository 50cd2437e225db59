import type { Database } from '@ott/postgres/database'
import type { z } from 'zod'
import type { caseSettingsRequest } from './case-settings.ts'

export interface StoredSettings {
  /** 0 while the tenant has said nothing. */
  readonly revision: number
  readonly settings: unknown
}

export async function readCaseSettings(database: Database, tenantId: string): Promise<StoredSettings> {
  const [row] = await database.transaction([tenantId], (sql) => sql.query<StoredSettings>('select revision, settings from violation.case_settings where tenant_id = $1', [tenantId]))
  return row ?? { revision: 0, settings: {} }
}

export interface SettingsChange {
  readonly tenantId: string
  readonly by: string
  readonly nowMs: number
  /** Refused when there is another revision meanwhile. */
  readonly ifRevision: number | undefined
}

/** Replaces a tenant's settings as a whole; undefined when they were changed since the caller saw them. They hold for evidence to come. */
export async function writeCaseSettings(
  database: Database,
  { tenantId, by, nowMs, ifRevision }: SettingsChange,
  settings: z.infer<typeof caseSettingsRequest>,
): Promise<StoredSettings | undefined> {
  const [row] = await database.transaction([tenantId], (sql) =>
    sql.query<StoredSettings>(
      `insert into violation.case_settings as s (tenant_id, revision, settings, changed_at, changed_by) select $1, 1, $2, $3, $4 where coalesce($5::int, 0) = 0
         or exists (select from violation.case_settings where tenant_id = $1)
       on conflict (tenant_id) do update set revision = s.revision + 1, settings = excluded.settings, changed_at = excluded.changed_at, changed_by = excluded.changed_by
         where $5::int is null or s.revision = $5
       returning revision, settings`,
      [tenantId, JSON.stringify(settings), new Date(nowMs), by, ifRevision ?? null],
    ),
  )
  return row
}
