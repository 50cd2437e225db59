import { openDatabase, type Database } from '@ott/postgres/database'
import { isolateTenants, type SchemaDefinition } from '@ott/postgres/migration'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import type { ObservedEvent } from '@ott/regulations/observe'
import { schema } from '../src/schema.ts'

export interface ComplianceDatabase extends AsyncDisposable {
  /** As the service's own role, which row-level security binds. */
  readonly service: Database
  readonly serviceUrl: string
  readonly admin: TestDatabase
  empty(): Promise<void>
}

/** As much of two other services' schemas as compliance reads of them. */
const standIns: SchemaDefinition[] = [
  {
    service: 'ingest',
    migrations: [
      {
        name: '001-stand-in',
        up: (knex) =>
          knex.raw(`
            create table ingest.event_keys (tenant_id text not null, event_key uuid not null, partition integer not null, record_offset bigint not null, primary key (tenant_id, event_key));
            create table ingest.raw_events (
              received_at timestamptz not null, tenant_id text not null, partition integer not null, record_offset bigint not null, event_key uuid not null, event bytea not null,
              primary key (tenant_id, partition, record_offset, received_at)
            ) partition by range (received_at);
            create table ingest.raw_events_default partition of ingest.raw_events default;
            create table ingest.raw_events_20260116 partition of ingest.raw_events for values from ('2026-01-16') to ('2026-01-17');
            ${isolateTenants('ingest.event_keys')}
            ${isolateTenants('ingest.raw_events')}
            grant usage on schema ingest to ott_compliance;
            grant select on ingest.event_keys, ingest.raw_events to ott_compliance;
          `),
        down: (knex) => knex.raw('drop table ingest.raw_events, ingest.event_keys'),
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
              tenant_id text not null, event_key uuid not null, event_id text not null, type text not null, event_time timestamptz not null,
              received_at timestamptz not null, processed_at timestamptz not null default now(), rule_set_version text not null, findings json not null,
              primary key (tenant_id, event_key)
            );
            ${isolateTenants('violation.processed_events')}
            grant usage on schema violation to ott_compliance;
            grant select on violation.processed_events to ott_compliance;
          `),
        down: (knex) => knex.raw('drop table violation.processed_events'),
      },
    ],
  },
]

/** A database with the tables of compliance, and stand-ins for what it reads of others. */
export async function aComplianceDatabase(): Promise<ComplianceDatabase> {
  const admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const urls = await provision({ adminUrl: admin.url, schemas: [schema, ...standIns], passwords: testPasswords(['compliance', 'ingest', 'violation']) })
  const serviceUrl = urls['compliance'] ?? ''
  const service = openDatabase({ url: serviceUrl, poolMax: 8, applicationName: 'test' })
  return {
    service,
    serviceUrl,
    admin,
    async empty() {
      await admin.query(`truncate ingest.event_keys, ingest.raw_events, violation.processed_events, compliance.timelines, compliance.backtests,
        compliance.backtest_timelines, compliance.shadow_positions, compliance.shadow_totals, compliance.shadow_samples,
        compliance.rule_set_transitions, compliance.tenant_rule_sets, compliance.rule_set_sequences, compliance.tenant_rule_versions`)
    },
    async [Symbol.asyncDispose]() {
      await service.close()
      await admin.drop()
    },
  }
}

/** An event to be kept as ingest keeps it. Its key, 32 hex digits, is made from its number. */
export interface KeptEvent {
  readonly id: string
  readonly key: string
  readonly partition: number
  readonly offset: number
  readonly event: Omit<ObservedEvent, 'key'>
}

export function keptEvent(n: number, event: ObservedEvent, partition = 0): KeptEvent {
  return { id: `id-${n}`, key: n.toString(16).padStart(32, '0'), partition, offset: n, event }
}

export async function keepEvents({ admin }: ComplianceDatabase, tenantId: string, kept: readonly KeptEvent[]): Promise<void> {
  const json = kept.map(({ id, event: { type, subject, time, data } }) => Buffer.from(JSON.stringify({ specversion: '1.0', id, source: '/app', type, subject, time, data })))
  const keys = [kept.map(() => tenantId), kept.map(({ key }) => key), kept.map(({ partition }) => partition), kept.map(({ offset }) => offset)]
  await admin.query('insert into ingest.event_keys select * from unnest($1::text[], $2::uuid[], $3::int[], $4::bigint[])', keys)
  await admin.query(
    'insert into ingest.raw_events (tenant_id, event_key, partition, record_offset, received_at, event) select * from unnest($1::text[], $2::uuid[], $3::int[], $4::bigint[], $5::timestamptz[], $6::bytea[])',
    [...keys, kept.map(({ event }) => new Date(event.receivedAtMs)), json],
  )
}
