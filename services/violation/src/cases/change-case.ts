import type { Severity } from '@ott/contracts/severity'
import type { ViolationStatus } from '@ott/contracts/violation-changed'
import type { Database, Sql } from '@ott/postgres/database'
import { appendDecisions } from '../decision-log/append-decisions.ts'
import { itemColumns, violationItem, type ViolationItem, type ViolationRecord } from './case-item.ts'
import { lockCase } from './case-rows.ts'
import { caseSettingsOf, dueTimesOf, type CaseSettings } from './case-settings.ts'
import { transitionOf, type CaseAction } from './case-transitions.ts'
import { saveChanges } from './save-changes.ts'
import { isClosed, type CaseChange, type ViolationCase } from './violation-case.ts'

/** Who changes a case, when, and which version of it they saw. */
export interface Act {
  readonly tenantId: string
  readonly id: string
  /** Id of the API key. */
  readonly by: string
  readonly nowMs: number
  /** Refused when it has another version meanwhile. */
  readonly ifVersion?: number | undefined
  readonly reason?: string | undefined
}

export type ActOutcome =
  /** As it is now, whether or not that changed anything. */
  | { readonly kind: 'done'; readonly violation: ViolationItem }
  | { readonly kind: 'unknown' }
  /** Somebody or something changed it since. */
  | { readonly kind: 'stale'; readonly version: number }
  | { readonly kind: 'refused'; readonly status: ViolationStatus; readonly detail: string }

/** What a person says of a case beside moving it on. */
export interface CasePatch {
  readonly severity?: Severity | undefined
  /** Null: nobody takes care of it any more. */
  readonly assignee?: string | null | undefined
}

/** Moves a case on. To be where it leads to already is no error: nothing changes then. */
export function moveCase(database: Database, act: Act, action: CaseAction): Promise<ActOutcome> {
  return changeCase(database, act, async ({ violation, subject }, sql) => {
    const transition = transitionOf(violation.status, action)
    if (transition.kind === 'refused') return transition
    if (transition.kind === 'unchanged') return []
    const { status, change } = transition
    const moved: ViolationCase = { ...violation, status, version: violation.version + 1, closedAtMs: isClosed({ status }) ? act.nowMs : undefined }
    if (action !== 'reopen') return [{ change, violation: moved }]
    // Its clocks begin anew. Where there is a later case of the viewer and rule, or another goes on, its incident is over.
    const goesOnElsewhere = await isSucceeded(sql, act.tenantId, subject, violation)
    const dueTimes = dueTimesOf(act.nowMs, violation.severity, await readSettings(sql, act.tenantId))
    return [{ change, violation: { ...moved, ...dueTimes, clockFromMs: act.nowMs, isIncidentEnded: violation.isIncidentEnded || goesOnElsewhere } }]
  })
}

/** Assigns a case, or says how grave it is: what a person says of that holds, whatever evidence comes. */
export function patchCase(database: Database, act: Act, { severity, assignee }: CasePatch): Promise<ActOutcome> {
  return changeCase(database, act, async ({ violation, assignee: before }, sql) => {
    const changes: Omit<CaseChange, 'by' | 'reason'>[] = []
    let now = violation
    if (severity !== undefined && (severity !== now.severity || !now.isSeverityPinned)) {
      const dueTimes = dueTimesOf(now.clockFromMs, severity, await readSettings(sql, act.tenantId))
      now = { ...now, ...dueTimes, severity, isSeverityPinned: true, version: now.version + 1 }
      changes.push({ change: 'severity_changed', violation: now })
    }
    if (assignee !== undefined && assignee !== before) {
      now = { ...now, version: now.version + 1 }
      changes.push({ change: 'assigned', violation: now, assignee })
    }
    return changes
  })
}

interface HeldCase {
  readonly violation: ViolationCase
  readonly subject: string
  readonly assignee: string | null
}

type Decided = readonly Omit<CaseChange, 'by' | 'reason'>[] | { readonly kind: 'refused'; readonly status: ViolationStatus; readonly detail: string }

/** Holds the case while it is decided about, so that its versions are counted up one by one, and writes row, history and outbox at once. */
function changeCase(database: Database, act: Act, decide: (held: HeldCase, sql: Sql) => Promise<Decided>): Promise<ActOutcome> {
  const { tenantId, id, by, reason, nowMs } = act
  return database.transaction([tenantId], async (sql): Promise<ActOutcome> => {
    const held = await lockCase(sql, tenantId, id)
    if (held === undefined) return { kind: 'unknown' }
    if (act.ifVersion !== undefined && act.ifVersion !== held.violation.version) return { kind: 'stale', version: held.violation.version }
    const [row] = await sql.query<{ assignee: string | null }>('select assignee from violation.violations where tenant_id = $1 and id = $2', [tenantId, id])
    const decided = await decide({ ...held, assignee: row?.assignee ?? null }, sql)
    if ('kind' in decided) return decided
    const last = decided.at(-1)
    if (last !== undefined) {
      updateCase(sql, tenantId, last.violation, { by, nowMs, assignee: decided.find(({ change }) => change === 'assigned')?.assignee, change: last.change })
      saveChanges(decided.map((change) => ({ tenantId, subject: held.subject, change: { ...change, by, reason } })), sql, nowMs)
      // What people decide is proved as what rules decide is.
      appendDecisions(sql, decided.map(({ change, violation: { severity, status, version }, assignee }) => ({
        kind: `case-${change.replaceAll('_', '-')}`,
        tenantId,
        subject: held.subject,
        atMs: nowMs,
        content: { violation: id, by, reason: reason ?? '', status, severity, version: String(version), ...(assignee === undefined ? {} : { assignee: assignee ?? '' }) },
      })))
    }
    const [item] = await sql.query<ViolationRecord>(`select ${itemColumns} from violation.violations v where v.tenant_id = $1 and v.id = $2`, [tenantId, id])
    return item === undefined ? { kind: 'unknown' } : { kind: 'done', violation: violationItem(item) }
  })
}

function updateCase(sql: Sql, tenantId: string, violation: ViolationCase, { by, nowMs, assignee, change }: { by: string; nowMs: number; assignee: string | null | undefined; change: CaseChange['change'] }): void {
  const now = new Date(nowMs)
  sql.send(
    `update violation.violations set version = $3, status = $4, severity = $5, is_severity_pinned = $6, closed_at = $7, clock_from = $8, acknowledge_due_at = $9, resolve_due_at = $10,
       incident_ended_at = case when $11 then coalesce(incident_ended_at, $12) end,
       assignee = case when $13 then $14 else assignee end,
       acknowledged_at = case $15 when 'acknowledged' then $12 when 'reopened' then null else acknowledged_at end,
       acknowledged_by = case $15 when 'acknowledged' then $16 when 'reopened' then null else acknowledged_by end,
       acknowledge_overdue_at = case $15 when 'reopened' then null else acknowledge_overdue_at end,
       resolve_overdue_at = case $15 when 'reopened' then null else resolve_overdue_at end
     where tenant_id = $1 and id = $2`,
    [
      tenantId,
      violation.id,
      violation.version,
      violation.status,
      violation.severity,
      violation.isSeverityPinned,
      violation.closedAtMs === undefined ? null : new Date(violation.closedAtMs),
      new Date(violation.clockFromMs),
      new Date(violation.acknowledgeDueAtMs),
      new Date(violation.resolveDueAtMs),
      violation.isIncidentEnded,
      now,
      assignee !== undefined,
      assignee ?? null,
      change,
      by,
    ],
  )
}

/** The stage holds the latest case of a viewer and rule while it opens another: so what is seen here holds until this transaction ends. */
async function isSucceeded(sql: Sql, tenantId: string, subject: string, { id, rule, openedAtMs }: ViolationCase): Promise<boolean> {
  const found = await sql.query(
    `select 1 from violation.violations
     where tenant_id = $1 and subject = $2 and rule = $3 and id <> $4
       and (opened_at >= $5 or (incident_ended_at is null and status not in ('resolved', 'false_positive'))) limit 1`,
    [tenantId, subject, rule, id, new Date(openedAtMs)],
  )
  return found.length > 0
}

async function readSettings(sql: Sql, tenantId: string): Promise<CaseSettings> {
  const [row] = await sql.query<{ settings: unknown }>('select settings from violation.case_settings where tenant_id = $1', [tenantId])
  return caseSettingsOf(row?.settings)
}
