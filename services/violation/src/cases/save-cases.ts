import type { EventScored } from '@ott/contracts/event-scored'
import { isTraceparent } from '@ott/contracts/traceparent'
import type { SavedRow } from '@ott/pipeline/define-stage'
import type { Sql } from '@ott/postgres/database'
import type { ViolationRow } from '../judge-violations.ts'
import { eventKeyIn } from '../viewer-cases.ts'
import { saveChanges } from './save-changes.ts'
import type { ViolationCase } from './violation-case.ts'

type Saved = SavedRow<EventScored, ViolationRow>
type Of<Table extends ViolationRow['table']> = { readonly received: Saved['received']; readonly row: Extract<ViolationRow, { table: Table }> }

/** Writes what a batch decided of cases. The rows they come from are held by whoever loaded them, so nobody changed them since. */
export function saveCases(rows: readonly Saved[], sql: Sql, nowMs: number): void {
  const touched = of(rows, 'violations')
  // Of a case that changed several times in the batch the last state counts.
  const states = new Map(touched.map(({ received, row }) => [`${received.tenantId} ${row.violation.id}`, row.violation]))
  const opened = touched.filter(({ row }) => row.isNew)
  const changes = of(rows, 'changes')
  const added = new Set(opened.map(({ received, row }) => `${received.tenantId} ${row.violation.id}`))
  const changed = new Set(changes.map(({ received, row }) => `${received.tenantId} ${row.change.violation.id}`)).difference(added)
  // Those that ended make room for new ones: of a viewer and rule one goes on.
  updateChanged([...changed].map((key) => ({ tenantId: key.slice(0, key.indexOf(' ')), violation: states.get(key) as ViolationCase })), sql, nowMs)
  const evidence = of(rows, 'evidence')
  insertOpened(opened, states, evidence, sql, nowMs)
  insertEvidence(evidence, added, sql, nowMs)
  saveChanges(changes.map(({ received: { tenantId, subject, traceparent }, row }) => ({ tenantId, subject, change: row.change, traceparent: isTraceparent(traceparent) ? traceparent : undefined })), sql, nowMs)
}

function of<Table extends ViolationRow['table']>(rows: readonly Saved[], table: Table): Of<Table>[] {
  return rows.filter(({ row }) => row.table === table) as Of<Table>[]
}

function updateChanged(changed: readonly { readonly tenantId: string; readonly violation: ViolationCase }[], sql: Sql, nowMs: number): void {
  if (changed.length === 0) return
  const states = changed.map(({ violation }) => violation)
  sql.send(
    `update violation.violations v set version = n.version, severity = n.severity, acknowledge_due_at = n.acknowledge_due, resolve_due_at = n.resolve_due,
       incident_ended_at = case when n.ended then coalesce(v.incident_ended_at, $8) end
     from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::bool[])
       as n (tenant_id, id, version, severity, acknowledge_due, resolve_due, ended)
     where v.tenant_id = n.tenant_id and v.id = n.id`,
    [
      changed.map(({ tenantId }) => tenantId),
      states.map(({ id }) => id),
      states.map(({ version }) => version),
      states.map(({ severity }) => severity),
      states.map(({ acknowledgeDueAtMs }) => new Date(acknowledgeDueAtMs)),
      states.map(({ resolveDueAtMs }) => new Date(resolveDueAtMs)),
      states.map(({ isIncidentEnded }) => isIncidentEnded),
      new Date(nowMs),
    ],
  )
}

function insertOpened(opened: readonly Of<'violations'>[], states: ReadonlyMap<string, ViolationCase>, evidence: readonly Of<'evidence'>[], sql: Sql, nowMs: number): void {
  if (opened.length === 0) return
  const keys = opened.map(({ received, row }) => `${received.tenantId} ${row.violation.id}`)
  const last = keys.map((key) => states.get(key) as ViolationCase)
  const counts = Map.groupBy(evidence, ({ received, row }) => `${received.tenantId} ${row.violationId}`)
  sql.send(
    `with opened as (
       insert into violation.violations
         (tenant_id, id, subject, rule, regulation, citation, message, severity, opened_severity, version, opened_at, last_evidence_at, last_evidence_written_at,
          evidence_count, opened_by_event, previous_id, incident_ended_at, clock_from, acknowledge_due_at, resolve_due_at)
       select t, i, s, r, g, c, m, v, o, n, a, l, $19::timestamptz, e, b, p, case when x then $19::timestamptz end, f, k, d
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::int[], $11::timestamptz[], $12::timestamptz[],
         $13::int[], $14::text[], $15::text[], $16::bool[], $17::timestamptz[], $18::timestamptz[], $20::timestamptz[]) as n (t, i, s, r, g, c, m, v, o, n, a, l, e, b, p, x, f, k, d)
       on conflict (tenant_id, id) do nothing returning tenant_id, id, opened_severity)
     insert into violation.case_history (tenant_id, violation_id, version, change, status, severity, at)
     select tenant_id, id, 1, 'opened', 'open', opened_severity, $19::timestamptz from opened on conflict do nothing`,
    [
      opened.map(({ received }) => received.tenantId),
      last.map(({ id }) => id),
      opened.map(({ received }) => received.subject),
      last.map(({ rule }) => rule),
      last.map(({ regulation }) => regulation),
      last.map(({ citation }) => citation),
      last.map(({ message }) => message),
      last.map(({ severity }) => severity),
      opened.map(({ row }) => row.violation.severity),
      last.map(({ version }) => version),
      opened.map(({ received }) => received.time),
      last.map(({ lastEvidenceAtMs }) => new Date(lastEvidenceAtMs)),
      keys.map((key) => counts.get(key)?.length ?? 0),
      opened.map(({ received }) => received.event.data.event.id),
      opened.map(({ row }) => (row.isNew ? row.previousId : undefined) ?? null),
      last.map(({ isIncidentEnded }) => isIncidentEnded),
      last.map(({ clockFromMs }) => new Date(clockFromMs)),
      last.map(({ acknowledgeDueAtMs }) => new Date(acknowledgeDueAtMs)),
      new Date(nowMs),
      last.map(({ resolveDueAtMs }) => new Date(resolveDueAtMs)),
    ],
  )
}

/**
 * Keeps every piece. Cases that were there before count what is new, and are prolonged unless they are closed; new ones were inserted with their count.
 * Those that are closed stay so meanwhile: their rows are held.
 */
function insertEvidence(evidence: readonly Of<'evidence'>[], added: ReadonlySet<string>, sql: Sql, nowMs: number): void {
  const { true: first = [], false: further = [] } = Object.groupBy(evidence, ({ received, row }) => `${added.has(`${received.tenantId} ${row.violationId}`)}`)
  if (first.length > 0) sql.send(insertion, valuesOf(first))
  if (further.length === 0) return
  sql.send(
    `with added as (${insertion} returning tenant_id, violation_id, at),
     counted as (select tenant_id, violation_id, count(*) as pieces, max(at) as last_at from added group by 1, 2)
     update violation.violations v
     set evidence_count = v.evidence_count + c.pieces, last_evidence_written_at = $8,
       last_evidence_at = case when v.closed_at is null then greatest(v.last_evidence_at, c.last_at) else v.last_evidence_at end
     from counted c where v.tenant_id = c.tenant_id and v.id = c.violation_id`,
    [...valuesOf(further), new Date(nowMs)],
  )
}

const insertion = `insert into violation.evidence (tenant_id, event_key, rule, violation_id, event_id, at, found)
  select * from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::json[]) on conflict do nothing`

function valuesOf(evidence: readonly Of<'evidence'>[]): unknown[] {
  return [
    evidence.map(({ received }) => received.tenantId),
    evidence.map(({ received }) => eventKeyIn(received)),
    evidence.map(({ row }) => row.rule),
    evidence.map(({ row }) => row.violationId),
    evidence.map(({ received }) => received.event.data.event.id),
    evidence.map(({ received }) => received.time),
    evidence.map(({ row }) => JSON.stringify(row.values)),
  ]
}
