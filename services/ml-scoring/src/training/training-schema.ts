import { isolateTenants, type Migration } from '@ott/postgres/migration'

/** Runs that train models, when they are due by themselves, and what people said of the cases that the scores led to. */
export const trainingMigration: Migration = {
  name: '004-training',
  up: (knex) =>
    knex.raw(`
      create table ml_scoring.training_runs (
        tenant_id text not null,
        id uuid not null,
        model text not null,
        status text not null default 'queued' check (status in ('queued', 'running', 'finished', 'failed', 'cancelled')),
        -- Who or what asked for it: an API key, the schedule, drift.
        requested_by text not null,
        -- The turn of the schedule it stands for.
        scheduled_at timestamptz,
        seed integer not null,
        from_at timestamptz not null,
        to_at timestamptz not null,
        phase text,
        -- 0 to 1, of the phase.
        progress double precision not null default 0,
        -- Where a run goes on from when its worker is gone.
        checkpoint json,
        snapshot_hash text,
        code_version text,
        metrics json,
        version integer,
        failure text,
        lease_holder uuid,
        lease_until timestamptz,
        attempts integer not null default 0,
        created_at timestamptz not null default now(),
        started_at timestamptz,
        finished_at timestamptz,
        updated_at timestamptz not null default now(),
        primary key (tenant_id, id)
      );
      create unique index training_runs_one_per_turn on ml_scoring.training_runs (tenant_id, model, scheduled_at) where scheduled_at is not null;
      create index training_runs_waiting on ml_scoring.training_runs (created_at) where status in ('queued', 'running');
      create index training_runs_by_time on ml_scoring.training_runs (tenant_id, created_at desc, id desc);

      create table ml_scoring.training_schedules (
        tenant_id text not null,
        model text not null,
        cron text not null,
        time_zone text not null,
        period_days integer not null,
        next_at timestamptz not null,
        set_at timestamptz not null default now(),
        set_by text not null,
        primary key (tenant_id, model)
      );
      create index training_schedules_due on ml_scoring.training_schedules (next_at);

      -- Work that one process does for all: who does it, and until when nobody else may.
      create table ml_scoring.leaders (
        task text primary key,
        holder uuid not null,
        held_until timestamptz not null
      );

      create table ml_scoring.labels (
        tenant_id text not null,
        subject text not null,
        -- The event whose score or finding was looked into.
        event_id text not null,
        event_time timestamptz not null,
        verdict text not null check (verdict in ('confirmed', 'false-positive')),
        note text not null default '',
        labelled_at timestamptz not null default now(),
        labelled_by text not null,
        primary key (tenant_id, event_id)
      );
      create index labels_by_time on ml_scoring.labels (tenant_id, event_time);

      ${isolateTenants('ml_scoring.training_runs')}
      ${isolateTenants('ml_scoring.training_schedules')}
      ${isolateTenants('ml_scoring.labels')}
    `),
  down: (knex) => knex.raw('drop table ml_scoring.labels, ml_scoring.leaders, ml_scoring.training_schedules, ml_scoring.training_runs'),
}

