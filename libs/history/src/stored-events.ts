import { isViewerEventType, type ViewerEventType } from '@ott/contracts/viewer-event-types'
import type { Database, Sql } from '@ott/postgres/database'

/** An accepted event as ingest keeps it. */
export interface StoredEvent {
  readonly partition: number
  readonly offset: string
  readonly receivedAtMs: number
  /** 32 hex digits. */
  readonly eventKey: string
  /** JSON in UTF-8, as it came. */
  readonly json: Buffer
}

/** A period by receipt, in ms since the epoch; the end is outside. */
export interface StoredPeriod {
  readonly fromMs: number
  readonly toMs: number
}

/** What every viewer event says of itself. Its data are as they came. */
export interface StoredEnvelope {
  readonly id: string
  readonly type: ViewerEventType
  readonly subject: string
  readonly time: string
  readonly data: unknown
}

/** The event in stored bytes, with all its attributes; undefined for one of a type that there is no more. */
export function readEnvelope(json: Buffer): StoredEnvelope | undefined {
  const event = JSON.parse(json.toString()) as { readonly [Name in keyof StoredEnvelope]?: unknown }
  const { id, type, subject, time } = event
  if (typeof id !== 'string' || typeof type !== 'string' || typeof subject !== 'string' || typeof time !== 'string' || !isViewerEventType(type)) return undefined
  return { ...event, id, type, subject, time, data: event.data }
}

interface StoredRow {
  partition: number
  record_offset: string
  received_at: Date
  event_key: string
  event: Buffer
}

function stored({ partition, record_offset, received_at, event_key, event }: StoredRow): StoredEvent {
  return { partition, offset: record_offset, receivedAtMs: received_at.getTime(), eventKey: event_key, json: event }
}

/** The partitions that hold events of a period, from lowest to highest: a step down the primary key for each, no scan. */
export async function storedPartitions(sql: Sql, tenantId: string, { fromMs, toMs }: StoredPeriod): Promise<number[]> {
  const rows = await sql.query<{ partition: number }>(
    `with recursive found (partition) as (
       (select r.partition from ingest.raw_events r where tenant_id = $1 and received_at >= $2 and received_at < $3 order by partition limit 1)
       union all
       select (select r.partition from ingest.raw_events r where r.tenant_id = $1 and r.received_at >= $2 and r.received_at < $3
               and r.partition > found.partition order by r.partition limit 1)
       from found where found.partition is not null
     ) select partition from found where partition is not null`,
    [tenantId, new Date(fromMs), new Date(toMs)],
  )
  return rows.map(({ partition }) => partition)
}

const dayMs = 86_400_000

/**
 * How many events a period holds; counted day by day, as the table is kept.
 * @param onDay called before each day, since a long period takes a while
 */
export async function countStored(database: Database, tenantId: string, { fromMs, toMs }: StoredPeriod, onDay: () => Promise<void>): Promise<number> {
  let count = 0
  for (let startMs = fromMs; startMs < toMs; startMs = (Math.floor(startMs / dayMs) + 1) * dayMs) {
    await onDay()
    const endMs = Math.min((Math.floor(startMs / dayMs) + 1) * dayMs, toMs)
    const [row] = await database.transaction([tenantId], (sql) =>
      sql.query<{ count: string }>('select count(*) as count from ingest.raw_events where tenant_id = $1 and received_at >= $2 and received_at < $3', [tenantId, new Date(startMs), new Date(endMs)]),
    )
    count += Number(row?.count ?? 0)
  }
  return count
}

export interface PageBounds {
  readonly events: number
  readonly bytes: number
}

/** The next events of a partition after an offset, in order, as many as the bounds allow and at least one; none at the end. */
export async function readStoredPage(sql: Sql, tenantId: string, partition: number, afterOffset: string, { fromMs, toMs }: StoredPeriod, bounds: PageBounds): Promise<StoredEvent[]> {
  const rows = await sql.query<StoredRow>(
    `select partition, record_offset, received_at, replace(event_key::text, '-', '') as event_key, event from (
       select page.*, sum(octet_length(event)) over (order by record_offset) as bytes, row_number() over (order by record_offset) as place from (
         select partition, record_offset, received_at, event_key, event from ingest.raw_events
         where tenant_id = $1 and partition = $2 and record_offset > $3 and received_at >= $4 and received_at < $5
         order by record_offset limit $6
       ) page
     ) bounded where bytes <= $7 or place = 1 order by record_offset`,
    [tenantId, partition, afterOffset, new Date(fromMs), new Date(toMs), bounds.events, bounds.bytes],
  )
  return rows.map(stored)
}

/** One event by its key: event_keys says where it lies, and its receipt in which day. */
export async function readStoredEvent(sql: Sql, tenantId: string, eventKey: string, receivedAt: Date): Promise<StoredEvent | undefined> {
  const [row] = await sql.query<StoredRow>(
    `select r.partition, r.record_offset, r.received_at, replace(r.event_key::text, '-', '') as event_key, r.event
     from ingest.event_keys k join ingest.raw_events r on r.tenant_id = k.tenant_id and r.partition = k.partition and r.record_offset = k.record_offset
     where k.tenant_id = $1 and k.event_key = $2 and r.received_at = $3`,
    [tenantId, eventKey, receivedAt],
  )
  return row && stored(row)
}
