import { isolateTenants, type Migration } from '@ott/postgres/migration'

/** What the log consists of: rows that the service's role may add, but neither change nor remove. */
export const appendOnlyTables = ['violation.decision_batches', 'violation.decision_links', 'violation.decision_checkpoints'] as const

/** The decision log: digests of what was decided, chained per tenant. */
export const decisionLogMigration: Migration = {
  name: '003-decision-log',
  up: (knex) =>
    knex.raw(`
      -- The salt goes when a person is erased, and with it all that the log tells of what was decided about them.
      alter table violation.processed_events add column salt bytea, add column decision_batch uuid;

      -- Written in the transaction of the decisions themselves.
      create table violation.decision_batches (
        tenant_id text not null,
        id uuid not null,
        kind text not null check (kind in ('event', 'change')),
        keys uuid[] not null check (cardinality(keys) between 1 and 1000),
        digests bytea not null check (octet_length(digests) = 32 * cardinality(keys)),
        primary key (tenant_id, id)
      );
      -- Digests don't compress, and trying to costs.
      alter table violation.decision_batches alter column keys set storage external, alter column digests set storage external;

      -- Batches that wait for their place in the chain. Bookkeeping, not the log: rows go when they are sealed.
      create table violation.decision_pending (
        tenant_id text not null,
        batch_id uuid not null,
        entries int not null,
        since timestamptz not null,
        primary key (tenant_id, batch_id)
      );

      create table violation.decision_links (
        tenant_id text not null,
        first_sequence bigint not null check (first_sequence >= 1),
        entries int not null check (entries >= 1),
        batch_id uuid not null,
        prev_hash bytea not null,
        hashes bytea not null check (octet_length(hashes) = 32 * entries),
        at timestamptz not null,
        primary key (tenant_id, first_sequence),
        unique (tenant_id, batch_id)
      );
      alter table violation.decision_links alter column hashes set storage external;

      create table violation.decision_checkpoints (
        tenant_id text not null,
        sequence bigint not null,
        hash bytea not null,
        at timestamptz not null,
        key_id text not null,
        signature bytea not null,
        primary key (tenant_id, sequence)
      );

      -- What was decided other than by an event: by a person, or that somebody was erased.
      create table violation.decision_changes (
        tenant_id text not null,
        id uuid not null,
        kind text not null,
        subject text,
        content text not null,
        erased_keys uuid[],
        decision_batch uuid not null,
        primary key (tenant_id, id)
      );
      create index decision_changes_erased on violation.decision_changes using gin (erased_keys) where erased_keys is not null;

      ${isolateTenants('violation.decision_batches')}
      ${isolateTenants('violation.decision_pending')}
      ${isolateTenants('violation.decision_links')}
      ${isolateTenants('violation.decision_checkpoints')}
      ${isolateTenants('violation.decision_changes')}
    `),
  down: (knex) =>
    knex.raw(`
      drop table violation.decision_changes, violation.decision_checkpoints, violation.decision_links, violation.decision_pending, violation.decision_batches;
      alter table violation.processed_events drop column salt, drop column decision_batch;
    `),
}
