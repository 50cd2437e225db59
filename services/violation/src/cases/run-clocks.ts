import type { Database } from '@ott/postgres/database'
import { caseColumns, lockedCase, type CaseRow } from './case-rows.ts'
import { saveChanges, type SavedChange } from './save-changes.ts'

export interface ClockOptions {
  readonly database: Database
  readonly tenantIds: () => readonly string[]
  readonly nowMs: () => number
}

/** Cases that one turn of a clock changes. */
export const casesAtOnce = 200

/**
 * Ends incidents whose last evidence is longer ago than their tenant's window, both by event time and by the time when it was written: history that is read in now is
 * long ago and still coming. Cases that somebody holds are left for the next turn.
 * @returns how many ended
 */
export function endIncidents(options: ClockOptions): Promise<number> {
  return turn(
    options,
    `select ${caseColumns} from violation.violations v
     where incident_ended_at is null and status not in ('resolved', 'false_positive')
       and greatest(last_evidence_at, last_evidence_written_at) < $1::timestamptz - make_interval(hours => coalesce(
         (select (s.settings->>'incidentWindowHours')::int from violation.case_settings s where s.tenant_id = v.tenant_id), 24))
       and last_evidence_at < $1::timestamptz - interval '1 hour'
     order by last_evidence_at limit $2 for update skip locked`,
    'incident_ended_at',
    ({ violation, ...of }) => ({ ...of, change: { change: 'incident_ended', violation: { ...violation, isIncidentEnded: true, version: violation.version + 1 } } }),
  )
}

/** Tells of cases that nobody acknowledged, or closed, in time: once each. */
export async function tellOverdue(options: ClockOptions): Promise<number> {
  const tell = (clock: 'acknowledge' | 'resolve', waiting: string) =>
    turn(
      options,
      `select ${caseColumns} from violation.violations v where ${waiting} and ${clock}_overdue_at is null and ${clock}_due_at < $1 order by ${clock}_due_at limit $2 for update skip locked`,
      `${clock}_overdue_at`,
      ({ violation, ...of }) => ({ ...of, change: { change: 'overdue', clock, violation: { ...violation, version: violation.version + 1 } } }),
    )
  return Math.max(await tell('acknowledge', "status = 'open'"), await tell('resolve', "status not in ('resolved', 'false_positive')"))
}

type HeldCase = ReturnType<typeof lockedCase>

/** Takes cases that are due, notes in `column` that they were, and writes the change: in one transaction. */
function turn({ database, tenantIds, nowMs }: ClockOptions, due: string, column: 'incident_ended_at' | 'acknowledge_overdue_at' | 'resolve_overdue_at', changeOf: (held: HeldCase) => SavedChange): Promise<number> {
  const tenants = tenantIds()
  if (tenants.length === 0) return Promise.resolve(0)
  return database.transaction(tenants, async (sql) => {
    const now = nowMs()
    const held = (await sql.query<CaseRow>(due, [new Date(now), casesAtOnce])).map(lockedCase)
    if (held.length === 0) return 0
    sql.send(
      `update violation.violations v set ${column} = $3, version = v.version + 1 from unnest($1::text[], $2::text[]) as n (tenant_id, id) where v.tenant_id = n.tenant_id and v.id = n.id`,
      [held.map(({ tenantId }) => tenantId), held.map(({ violation }) => violation.id), new Date(now)],
    )
    saveChanges(held.map(changeOf), sql, now)
    return held.length
  })
}
