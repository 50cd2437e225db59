import { windowedFactors } from '@ott/anomaly/factor-windows'
import type { MovingReference } from '@ott/anomaly/reference/moving-reference'
import { decodeReference, encodeAdded, encodeGathering } from '@ott/anomaly/reference/moving-reference-codec'
import { eventAssessed } from '@ott/contracts/event-assessed'
import type { Database, Sql } from '@ott/postgres/database'
import type { Holding } from '../partition-profiles.ts'
import type { HeldReference } from './reference-windows.ts'

/** How far a partition's reference has moved from the fit. */
export interface ReferenceStanding {
  readonly partition: number
  readonly version: number
  /** Rows in force that came since the fit, and replacements in all. */
  readonly addedRows: number
  readonly replacedRows: number
  readonly renewedAt: Date | null
}

/** What the last snapshot of a partition holds; what can't be read is left out, and begins anew. */
export async function readReferences(sql: Sql, { topic, partition }: Pick<Holding, 'topic' | 'partition'>): Promise<Map<string, MovingReference>> {
  const rows = await sql.query<{ tenant_id: string; gathering: unknown; added: string }>('select tenant_id, gathering, added from ml_scoring.reference_windows where topic = $1 and partition = $2', [topic, partition])
  return new Map(
    rows.flatMap(({ tenant_id: tenantId, gathering, added }) => {
      const reference = decodeReference(gathering, added, windowedFactors.length)
      return reference === undefined ? [] : [[tenantId, reference] as const]
    }),
  )
}

/** One tenant's in a partition, as of its last snapshot; undefined when there is none that can be read. */
export async function readReference(database: Database, tenantId: string, partition: number): Promise<MovingReference | undefined> {
  const [row] = await database.transaction([tenantId], (sql) =>
    sql.query<{ gathering: unknown; added: string }>('select gathering, added from ml_scoring.reference_windows where tenant_id = $1 and topic = $2 and partition = $3', [tenantId, eventAssessed.topic, partition]),
  )
  return row && decodeReference(row.gathering, row.added, windowedFactors.length)
}

/** Within a snapshot's transaction. */
export async function writeReferences(sql: Sql, { topic, partition }: Pick<Holding, 'topic' | 'partition'>, held: readonly HeldReference[]): Promise<void> {
  if (held.length === 0) return
  await sql.query(
    `insert into ml_scoring.reference_windows as held (tenant_id, topic, partition, version, gathering, added, added_rows, replaced_rows, renewed_at)
     select tenant_id, $1, $2, version, gathering, coalesce(added, ''), added_rows, replaced_rows, renewed_at
     from unnest($3::text[], $4::int[], $5::json[], $6::text[], $7::int[], $8::int[], $9::timestamptz[]) as u (tenant_id, version, gathering, added, added_rows, replaced_rows, renewed_at)
     on conflict (tenant_id, topic, partition) do update set version = excluded.version, gathering = excluded.gathering,
       added = case when excluded.tenant_id = any($10::text[]) then excluded.added else held.added end,
       added_rows = excluded.added_rows, replaced_rows = excluded.replaced_rows, renewed_at = excluded.renewed_at`,
    [
      topic,
      partition,
      held.map(({ tenantId }) => tenantId),
      held.map(({ reference }) => reference.version),
      held.map(({ reference }) => JSON.stringify(encodeGathering(reference))),
      held.map(({ reference, withRows }) => (withRows ? encodeAdded(reference) : null)),
      held.map(({ reference }) => reference.added.length),
      held.map(({ reference }) => reference.replaced),
      held.map(({ reference: { renewedAtMs } }) => (renewedAtMs === null ? null : new Date(renewedAtMs))),
      held.flatMap(({ tenantId, withRows }) => (withRows ? tenantId : [])),
    ],
  )
}

/** How a tenant's references stand, by partition; those of other versions than the champion's are of none any more. */
export async function readReferenceStandings(database: Database, tenantId: string): Promise<ReferenceStanding[]> {
  return database.transaction([tenantId], (sql) => standingsOf(sql, tenantId))
}

/** The same within a transaction. */
export async function standingsOf(sql: Sql, tenantId: string): Promise<ReferenceStanding[]> {
  const rows = await sql.query<{ partition: number; version: number; added_rows: number; replaced_rows: number; renewed_at: Date | null }>(
    'select partition, version, added_rows, replaced_rows, renewed_at from ml_scoring.reference_windows where tenant_id = $1 and topic = $2 order by partition',
    [tenantId, eventAssessed.topic],
  )
  return rows.map(({ partition, version, added_rows: addedRows, replaced_rows: replacedRows, renewed_at: renewedAt }) => ({ partition, version, addedRows, replacedRows, renewedAt }))
}
