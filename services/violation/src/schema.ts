import { isolateTenants, roleOf, type SchemaDefinition } from '@ott/postgres/migration'
import { casesMigration } from './cases/cases-schema.ts'
import { appendOnlyTables, decisionLogMigration } from './decision-log/decision-log-migration.ts'

export const schema: SchemaDefinition = {
  service: 'violation',
  appendOnly: appendOnlyTables,
  migrations: [
    {
      name: '001-processed-events',
      up: (knex) =>
        knex.raw(`
          create table violation.processed_events (
            tenant_id text not null,
            event_key uuid not null,
            event_id text not null,
            source text not null,
            subject text not null,
            type text not null,
            event_time timestamptz not null,
            received_at timestamptz not null,
            processed_at timestamptz not null,
            timeline text not null,
            rule_set_version text not null,
            findings json not null,
            risk json not null,
            primary key (tenant_id, event_key)
          );
          create index processed_events_by_id on violation.processed_events (tenant_id, event_id);
          ${isolateTenants('violation.processed_events')}
          -- The decisions, for the ledger and for those whose part of them it is to tell: findings and risk.
          grant usage on schema violation to ${roleOf('ingest')}, ${roleOf('compliance')}, ${roleOf('ml-scoring')};
          grant select on violation.processed_events to ${roleOf('ingest')};
          grant select on violation.processed_events to ${roleOf('compliance')};
          grant select on violation.processed_events to ${roleOf('ml-scoring')};
        `),
      down: (knex) =>
        knex.raw(`
          drop table violation.processed_events;
          revoke usage on schema violation from ${roleOf('ingest')}, ${roleOf('compliance')}, ${roleOf('ml-scoring')};
        `),
    },
    casesMigration,
    decisionLogMigration,
  ],
}
