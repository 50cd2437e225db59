import { isolateTenants, type SchemaDefinition } from '@ott/postgres/migration'
import type { TestDatabase } from '@ott/postgres/test-database'

/** As much of two other services' schemas as ml-scoring reads of them. */
export const historySchemas: readonly SchemaDefinition[] = [
  {
    service: 'ingest',
    migrations: [
      {
        name: '001-stand-in',
        up: (knex) =>
          knex.raw(`
            create table ingest.raw_events (
              received_at timestamptz not null, tenant_id text not null, partition integer not null, record_offset bigint not null, event_key uuid not null, event bytea not null,
              primary key (tenant_id, partition, record_offset, received_at)
            );
            ${isolateTenants('ingest.raw_events')}
            grant usage on schema ingest to ott_ml_scoring;
            grant select on ingest.raw_events to ott_ml_scoring;
          `),
        down: (knex) => knex.raw('drop table ingest.raw_events'),
      },
    ],
  },
  {
    service: 'violation',
    migrations: [
      {
        name: '001-stand-in',
        up: (knex) =>
          knex.raw(`
            create table violation.processed_events (
              tenant_id text not null, event_key uuid not null, event_id text not null, subject text not null, event_time timestamptz not null,
              processed_at timestamptz not null default now(), findings json not null, primary key (tenant_id, event_key)
            );
            create table violation.evidence (tenant_id text not null, event_key uuid not null, violation_id text not null, at timestamptz not null);
            create table violation.case_history (
              tenant_id text not null, violation_id text not null, change text not null, at timestamptz not null, by_key text, reason text, verdict_sequence bigint
            );
            ${['processed_events', 'evidence', 'case_history'].map((table) => isolateTenants(`violation.${table}`)).join('')}
            grant usage on schema violation to ott_ml_scoring;
            grant select on violation.processed_events, violation.evidence, violation.case_history to ott_ml_scoring;
          `),
        down: (knex) => knex.raw('drop table violation.case_history, violation.evidence, violation.processed_events'),
      },
    ],
  },
]

/** An event as ingest keeps it, with what was found. */
export interface LivedEvent {
  readonly type: string
  readonly subject: string
  readonly atMs: number
  readonly data: object
  readonly findings?: number
}

/** Keeps events as processed ones, received when they happened; their ids are `PREFIX-0`, `PREFIX-1`, … in this order. */
export async function keepLived(admin: TestDatabase, tenantId: string, events: readonly LivedEvent[], prefix = 'e'): Promise<void> {
  const ids = events.map((_, n) => `${prefix}-${n}`)
  const keys = events.map((_, n) => `${n.toString(16).padStart(8, '0')}-0000-0000-0000-000000000000`)
  const times = events.map(({ atMs }) => new Date(atMs))
  const json = events.map(({ type, subject, atMs, data }, n) => Buffer.from(JSON.stringify({ specversion: '1.0', id: ids[n], source: '/app', type, subject, time: new Date(atMs).toISOString(), data })))
  await admin.query(
    'insert into ingest.raw_events (tenant_id, partition, record_offset, event_key, received_at, event) select $1, 0, * from unnest($2::bigint[], $3::uuid[], $4::timestamptz[], $5::bytea[])',
    [tenantId, events.map((_, n) => n), keys, times, json],
  )
  await admin.query(
    'insert into violation.processed_events (tenant_id, event_key, event_id, subject, event_time, findings) select $1, * from unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::json[])',
    [tenantId, keys, ids, events.map(({ subject }) => subject), times, events.map(({ findings = 0 }) => JSON.stringify(new Array(findings).fill({})))],
  )
}
