import { isolateTenants, type Migration } from '@ott/postgres/migration'

/** Who takes part in averaging models across tenants, what was averaged, and what that tells of each. */
export const federationMigration: Migration = {
  name: '008-federation',
  up: (knex) =>
    knex.raw(`
      create table ml_scoring.federation_members (
        tenant_id text not null,
        model text not null,
        -- What all its rounds together may come to; null: anything.
        epsilon_max double precision check (epsilon_max > 0),
        joined_at timestamptz not null default now(),
        joined_by text not null,
        primary key (tenant_id, model)
      );
      -- Of no tenant: weights that members have in common, never an event, nor what a single member made of them.
      create table ml_scoring.federation_runs (
        id uuid primary key,
        model text not null,
        status text not null default 'running' check (status in ('running', 'finished', 'failed')),
        terms json not null,
        -- Rounds that are done.
        round integer not null default 0,
        -- After the last round that is done; null when the run has ended.
        learned bytea,
        -- How often it was taken up since the last round.
        attempts integer not null default 0,
        started_at timestamptz not null,
        finished_at timestamptz
      );
      create unique index federation_runs_one_at_a_time on ml_scoring.federation_runs (model) where status = 'running';
      create index federation_runs_latest on ml_scoring.federation_runs (model, started_at desc);
      -- Each member's part in a run. Never deleted: it is the account of what was spent.
      create table ml_scoring.federation_shares (
        tenant_id text not null,
        run_id uuid not null references ml_scoring.federation_runs,
        status text not null check (status in ('taking-part', 'finished', 'left-out')),
        reason text,
        -- Its windows, in the store of artefacts.
        snapshot json,
        rounds integer not null default 0,
        version integer,
        primary key (tenant_id, run_id)
      );
      ${isolateTenants('ml_scoring.federation_members')}
      ${isolateTenants('ml_scoring.federation_shares')}
    `),
  down: (knex) => knex.raw('drop table ml_scoring.federation_shares, ml_scoring.federation_runs, ml_scoring.federation_members'),
}
