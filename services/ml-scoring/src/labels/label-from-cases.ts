import type { Database, Sql } from '@ott/postgres/database'
import { leadTask } from '../lead-task.ts'
import type { Verdict } from './label-store.ts'

export interface LabelFromCasesOptions {
  readonly database: Database
  tenants(): readonly string[]
  readonly intervalMs: number
  readonly leaseMs: number
  onFault(error: unknown): void
}

/** What somebody said of a whole case, or took back. */
interface CaseVerdict {
  tenant_id: string
  violation_id: string
  change: 'resolved' | 'false_positive' | 'reopened'
  at: Date
  by_key: string
  reason: string | null
  verdict_sequence: string
}

const verdictsAtOnce = 50
/** Of a case with more evidence the latest events are labelled: enough to learn from. */
const eventsMax = 10_000

const verdictOf: Readonly<Record<'resolved' | 'false_positive', Verdict>> = { resolved: 'confirmed', false_positive: 'false-positive' }

/** Makes labels of what people say of cases. One process does it; were there two for a moment, the labels would be the same. */
export function labelFromCases({ database, tenants, intervalMs, leaseMs, onFault }: LabelFromCasesOptions) {
  return leadTask({
    ...{ database, task: 'labels-from-cases', intervalMs, leaseMs, onFault },
    async work(signal) {
      while (!signal.aborted && (await learnVerdicts(database, tenants())) === verdictsAtOnce) continue
    },
  })
}

/**
 * Labels the events that gave evidence for closed cases, in the order in which the cases were closed: of two verdicts about an event the later holds, and what a person said of the
 * event itself stays. Reopening a case takes its labels back. Read from the history of cases by their numbers, which are in order of commit; how far is noted in
 * the same transaction.
 * @returns how many verdicts were taken in
 */
export function learnVerdicts(database: Database, tenants: readonly string[]): Promise<number> {
  if (tenants.length === 0) return Promise.resolve(0)
  return database.transaction(tenants, async (sql) => {
    // One at a time, whoever leads: of two that overlap the slower would put earlier verdicts in the place of later ones.
    sql.send("select pg_advisory_xact_lock(hashtext('ml_scoring.case_verdict_positions'))")
    const verdicts = await sql.query<CaseVerdict>(
      `select h.tenant_id, h.violation_id, h.change, h.at, h.by_key, h.reason, h.verdict_sequence
       from violation.case_history h left join ml_scoring.case_verdict_positions p on p.tenant_id = h.tenant_id
       where h.verdict_sequence > coalesce(p.sequence, 0) order by h.tenant_id, h.verdict_sequence limit $1`,
      [verdictsAtOnce],
    )
    for (const verdict of verdicts) takeIn(sql, verdict)
    return verdicts.length
  })
}

function takeIn(sql: Sql, { tenant_id: tenant, violation_id: violation, change, at, by_key: by, reason, verdict_sequence: sequence }: CaseVerdict): void {
  if (change === 'reopened') sql.send('delete from ml_scoring.labels where tenant_id = $1 and violation_id = $2', [tenant, violation])
  else {
    sql.send(
      `insert into ml_scoring.labels as l (tenant_id, subject, event_id, event_time, verdict, note, labelled_at, labelled_by, violation_id)
       select distinct on (p.event_id) p.tenant_id, p.subject, p.event_id, p.event_time, $3, $4, $5::timestamptz, $6, $2
       from (select tenant_id, event_key from violation.evidence where tenant_id = $1 and violation_id = $2 order by at desc limit ${eventsMax}) e
         join violation.processed_events p on p.tenant_id = e.tenant_id and p.event_key = e.event_key
       order by p.event_id, p.processed_at desc
       on conflict (tenant_id, event_id) do update set verdict = excluded.verdict, note = excluded.note, labelled_at = excluded.labelled_at, labelled_by = excluded.labelled_by,
         violation_id = excluded.violation_id
       where l.violation_id is not null`,
      [tenant, violation, verdictOf[change], reason ?? '', at, by],
    )
  }
  sql.send(
    `insert into ml_scoring.case_verdict_positions as p (tenant_id, sequence) values ($1, $2)
     on conflict (tenant_id) do update set sequence = greatest(p.sequence, excluded.sequence)`,
    [tenant, sequence],
  )
}
