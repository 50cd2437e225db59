import type { PageRequest } from '@ott/http/page'
import type { Database } from '@ott/postgres/database'

export const verdicts = ['confirmed', 'false-positive'] as const
export type Verdict = (typeof verdicts)[number]

/** What somebody who looked into a case says of it: whether the behaviour that an event's score judged was what it seemed. */
export interface Label {
  readonly eventId: string
  readonly subject: string
  readonly eventTime: Date
  readonly verdict: Verdict
  readonly note: string
  readonly labelledAt: Date
  readonly labelledBy: string
}

interface LabelRow {
  event_id: string
  subject: string
  event_time: Date
  verdict: Verdict
  note: string
  labelled_at: Date
  labelled_by: string
}

const columns = 'event_id, subject, event_time, verdict, note, labelled_at, labelled_by'

function labelOf(row: LabelRow): Label {
  return { eventId: row.event_id, subject: row.subject, eventTime: row.event_time, verdict: row.verdict, note: row.note, labelledAt: row.labelled_at, labelledBy: row.labelled_by }
}

/** A person labels an event; of two labels the later one holds, and none that comes from a case takes its place. Undefined when no such event has been processed. */
export async function setLabel(database: Database, tenantId: string, { eventId, verdict, note, labelledBy }: Pick<Label, 'eventId' | 'verdict' | 'note' | 'labelledBy'>): Promise<Label | undefined> {
  const [row] = await database.transaction([tenantId], (sql) =>
    sql.query<LabelRow>(
      `insert into ml_scoring.labels (tenant_id, subject, event_id, event_time, verdict, note, labelled_by)
       (select tenant_id, subject, event_id, event_time, $3, $4, $5 from violation.processed_events
        where tenant_id = $1 and event_id = $2 order by processed_at desc limit 1)
       on conflict (tenant_id, event_id) do update set verdict = excluded.verdict, note = excluded.note, labelled_by = excluded.labelled_by, labelled_at = now(), violation_id = null
       returning ${columns}`,
      [tenantId, eventId, verdict, note, labelledBy],
    ),
  )
  return row && labelOf(row)
}

/** The latest first; up to one more than the page holds. */
export async function listLabels(database: Database, tenantId: string, { limit, after }: PageRequest): Promise<Label[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<LabelRow>(
      `select ${columns} from ml_scoring.labels
       where tenant_id = $1 and ($2::timestamptz is null or (date_trunc('milliseconds', labelled_at), event_id) < ($2, $3))
       order by date_trunc('milliseconds', labelled_at) desc, event_id desc limit $4`,
      [tenantId, after?.at ?? null, after?.id ?? null, limit + 1],
    ),
  )
  return rows.map(labelOf)
}

/** Those of a period by event time, for training; the latest first, as many as given. */
export async function labelsBetween(database: Database, tenantId: string, from: Date, to: Date, limit: number): Promise<Label[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<LabelRow>(
      `select ${columns} from ml_scoring.labels where tenant_id = $1 and event_time >= $2 and event_time < $3 order by event_time desc, event_id limit $4`,
      [tenantId, from, to, limit],
    ),
  )
  return rows.map(labelOf)
}
