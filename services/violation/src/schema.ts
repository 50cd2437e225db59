import { isolateTenants, roleOf, type SchemaDefinition } from '@ott/postgres/migration'
import { appendOnlyTables, decisionLogMigration } from './decision-log/decision-log-migration.ts'

export const schema: SchemaDefinition = {
  service: 'violation',
  appendOnly: appendOnlyTables,
  migrations: [
    {
      name: '001-violations',
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

          create table violation.violations (
            tenant_id text not null,
            id text not null,
            subject text not null,
            rule text not null,
            regulation text not null,
            citation text not null,
            severity text not null,
            message text not null,
            status text not null check (status in ('open', 'lapsed')),
            opened_at timestamptz not null,
            last_evidence_at timestamptz not null,
            opened_by_event text not null,
            primary key (tenant_id, id)
          );
          -- One per subject and cause while it lasts.
          create unique index violations_one_open on violation.violations (tenant_id, subject, rule) where status = 'open';
          create index violations_by_time on violation.violations (tenant_id, opened_at desc, id desc);

          create table violation.evidence (
            tenant_id text not null,
            event_key uuid not null,
            rule text not null,
            violation_id text not null,
            event_id text not null,
            at timestamptz not null,
            found json not null,
            primary key (tenant_id, event_key, rule)
          );
          create index evidence_by_violation on violation.evidence (tenant_id, violation_id, at);

          ${isolateTenants('violation.processed_events')}
          ${isolateTenants('violation.violations')}
          ${isolateTenants('violation.evidence')}
          grant usage on schema violation to ${roleOf('ingest')};
          grant select on violation.processed_events to ${roleOf('ingest')};
        `),
      down: (knex) => knex.raw('drop table violation.evidence, violation.violations, violation.processed_events'),
    },
    {
      name: '002-acknowledgement',
      up: (knex) =>
        knex.raw(`
          alter table violation.violations
            drop constraint violations_status_check,
            add constraint violations_status_check check (status in ('open', 'acknowledged', 'lapsed')),
            add column acknowledged_at timestamptz,
            add column acknowledged_by text,
            add constraint violations_acknowledged check ((acknowledged_at is null) = (acknowledged_by is null));
          -- Acknowledged or not, it lasts: there is still one per subject and cause.
          drop index violation.violations_one_open;
          create unique index violations_one_lasting on violation.violations (tenant_id, subject, rule) where status <> 'lapsed';
          create index violations_by_subject on violation.violations (tenant_id, subject, opened_at desc, id desc);
          -- The decisions, for those whose part of them it is to tell: findings and risk.
          grant usage on schema violation to ${roleOf('compliance')}, ${roleOf('ml-scoring')};
          grant select on violation.processed_events to ${roleOf('compliance')};
          grant select on violation.processed_events to ${roleOf('ml-scoring')};
        `),
      down: (knex) =>
        knex.raw(`
          revoke select on violation.processed_events from ${roleOf('compliance')}, ${roleOf('ml-scoring')};
          revoke usage on schema violation from ${roleOf('compliance')}, ${roleOf('ml-scoring')};
          drop index violation.violations_by_subject, violation.violations_one_lasting;
          update violation.violations set status = 'open' where status = 'acknowledged';
          alter table violation.violations
            drop constraint violations_status_check, drop column acknowledged_at, drop column acknowledged_by,
            add constraint violations_status_check check (status in ('open', 'lapsed'));
          create unique index violations_one_open on violation.violations (tenant_id, subject, rule) where status = 'open';
        `),
    },
    decisionLogMigration,
  ],
}
