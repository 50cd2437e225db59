import type { Screening } from '@ott/contracts/screening'
import type { Cursor } from '@ott/http/page'
import type { SavedRow } from '@ott/pipeline/define-stage'
import type { Database, Sql } from '@ott/postgres/database'
import { neutralise } from '@ott/screening/neutralise'
import type { IngestRow, ScreeningAction } from './admit.ts'
import type { InboundEvent } from './read-inbound.ts'

const eventIdLengthMax = 256

type FindingRow = Extract<IngestRow, { table: 'attack_findings' }>

/** Keeps what was found in a batch, one row an event: the last decision about an event counts. */
export function saveAttackFindings(rows: readonly SavedRow<InboundEvent, IngestRow>[], sql: Sql): void {
  const byKey = new Map<string, SavedRow<InboundEvent, FindingRow>>()
  for (const { received, row } of rows) {
    if (row.table === 'attack_findings') byKey.set(`${received.tenantId} ${received.event.eventKey}`, { received, row })
  }
  // Sorted, so that two batches can't wait for each other's rows.
  const found = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  if (found.length === 0) return
  sql.send(
    `insert into ingest.attack_findings (tenant_id, event_key, event_id, at, action, screening)
     select * from unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::jsonb[])
     on conflict (tenant_id, event_key) do update set at = excluded.at, action = excluded.action, screening = excluded.screening`,
    [
      found.map(({ received }) => received.tenantId),
      found.map(({ received }) => received.event.eventKey),
      found.map(({ received }) => neutralise(received.event.event.id, eventIdLengthMax)),
      found.map(({ received }) => new Date(received.record.timestampMs)),
      found.map(({ row }) => row.action),
      found.map(({ row }) => JSON.stringify(row.screening)),
    ],
  )
}

export interface AttackFindingFilter {
  readonly class?: string | undefined
  readonly action?: string | undefined
  readonly eventId?: string | undefined
}

/** The attacks found in one event. */
export interface AttackFindingItem extends Screening {
  readonly eventKey: string
  readonly eventId: string
  readonly at: string
  readonly action: ScreeningAction
}

interface StoredRow {
  event_key: string
  event_id: string
  at: Date
  action: ScreeningAction
  screening: Screening
}

/** A page of a tenant's findings, oldest first, one row more than the limit where there are more. */
export async function listAttackFindings(
  database: Database,
  tenantId: string,
  filter: AttackFindingFilter,
  page: { limit: number; after: Cursor | undefined },
): Promise<AttackFindingItem[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<StoredRow>(
      `select replace(event_key::text, '-', '') as event_key, event_id, at, action, screening from ingest.attack_findings
       where tenant_id = $1
         and ($2::text is null or screening->'classes' ? $2) and ($3::text is null or action = $3) and ($4::text is null or event_id = $4)
         and ($5::timestamptz is null or (date_trunc('milliseconds', at), replace(event_key::text, '-', '')) > ($5, $6))
       order by date_trunc('milliseconds', at), 1 limit $7`,
      [
        tenantId,
        filter.class ?? null,
        filter.action ?? null,
        filter.eventId === undefined ? null : neutralise(filter.eventId, eventIdLengthMax),
        page.after?.at ?? null,
        page.after?.id ?? null,
        page.limit + 1,
      ],
    ),
  )
  return rows.map(({ event_key: eventKey, event_id: eventId, at, action, screening: { classes, findings } }) => ({
    eventKey,
    eventId,
    at: at.toISOString(),
    action,
    classes,
    findings,
  }))
}
