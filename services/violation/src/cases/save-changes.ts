import type { Sql } from '@ott/postgres/database'
import { changedEvent } from './changed-event.ts'
import type { CaseChange } from './violation-case.ts'

/** A change, whose it is, and the trace it is part of. */
export interface SavedChange {
  readonly tenantId: string
  readonly subject: string
  readonly change: CaseChange
  readonly traceparent?: string | undefined
}

/** Writes changes into the history and, as they are to be told, into the outbox: in the transaction that changes the cases. */
export function saveChanges(changes: readonly SavedChange[], sql: Sql, nowMs: number): void {
  if (changes.length === 0) return
  const tenants = changes.map(({ tenantId }) => tenantId)
  const ids = changes.map(({ change }) => change.violation.id)
  const at = new Date(nowMs)
  // What is said of whole cases is numbered in the order in which it is committed, so that who follows it by number misses nothing.
  for (const tenant of new Set(changes.filter(({ change }) => isVerdict(change)).map(({ tenantId }) => tenantId))) sql.send('select pg_advisory_xact_lock(hashtext($1))', [`violation.verdicts ${tenant}`])
  sql.send(
    `insert into violation.case_history (tenant_id, violation_id, version, change, status, severity, at, by_key, reason, assignee, clock, verdict_sequence)
     select t, i, n, c, s, g, $11::timestamptz, b, r, a, k,
       case when v then (select coalesce(max(h.verdict_sequence), 0) + 1 from violation.case_history h where h.tenant_id = t and h.verdict_sequence is not null) end
     from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $12::bool[]) as n (t, i, n, c, s, g, b, r, a, k, v)
     on conflict do nothing`,
    [
      tenants,
      ids,
      changes.map(({ change }) => change.violation.version),
      changes.map(({ change }) => change.change),
      changes.map(({ change }) => change.violation.status),
      changes.map(({ change }) => change.violation.severity),
      changes.map(({ change }) => change.by ?? null),
      changes.map(({ change }) => change.reason ?? null),
      changes.map(({ change }) => change.assignee ?? null),
      changes.map(({ change }) => change.clock ?? null),
      at,
      changes.map(({ change }) => isVerdict(change)),
    ],
  )
  // Numbered as they come: whoever holds a case writes its versions in their order.
  sql.send(
    `insert into violation.outbox (tenant_id, violation_id, event, traceparent, written_at)
     select t, i, e, p, $5::timestamptz from unnest($1::text[], $2::text[], $3::json[], $4::text[]) with ordinality as n (t, i, e, p, place) order by place`,
    [tenants, ids, changes.map(({ tenantId, subject, change }) => JSON.stringify(changedEvent(tenantId, subject, change, nowMs))), changes.map(({ traceparent }) => traceparent ?? null), at],
  )
}

/** Whether a change says what a case was, or takes that back. A person makes one at a time. */
function isVerdict({ change }: CaseChange): boolean {
  return change === 'resolved' || change === 'false_positive' || change === 'reopened'
}
