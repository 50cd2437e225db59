import { isolateTenants, type Migration } from '@ott/postgres/migration'

/** What champions met since they serve, in the bins of what they were trained on, what came of comparing, and what tenants want done about it. */
export const driftMigration: Migration = {
  name: '006-drift',
  up: (knex) =>
    knex.raw(`
      create table ml_scoring.live_spreads (
        tenant_id text not null,
        model text not null,
        version integer not null,
        day date not null,
        -- A column of the model, or -1 for its scores.
        place integer not null,
        counts bigint[] not null,
        primary key (tenant_id, model, version, day, place)
      );
      create table ml_scoring.drift_reports (
        tenant_id text not null,
        model text not null,
        version integer not null,
        checked_at timestamptz not null,
        -- Since when reports of the version said the same outcome.
        since timestamptz not null,
        outcome text not null check (outcome in ('stable', 'drifted', 'too-few', 'no-reference', 'unreadable-reference')),
        -- The days that were compared.
        from_day date not null,
        to_day date not null,
        -- Active hours of viewers.
        observations bigint not null,
        -- Measures of every column and of the scores, with their limits.
        columns json not null,
        -- Which drifts were told on the day, and how bad they were then.
        told json not null,
        primary key (tenant_id, model, checked_at)
      );
      create table ml_scoring.drift_settings (
        tenant_id text not null,
        model text not null,
        train_on_drift boolean not null,
        -- Null: as is usual.
        psi_limit double precision,
        ks_limit double precision,
        -- The day for which drift has queued a training.
        trained_on date,
        set_at timestamptz not null default now(),
        set_by text not null,
        primary key (tenant_id, model)
      );
      ${isolateTenants('ml_scoring.live_spreads')}
      ${isolateTenants('ml_scoring.drift_reports')}
      ${isolateTenants('ml_scoring.drift_settings')}
    `),
  down: (knex) => knex.raw('drop table ml_scoring.drift_settings, ml_scoring.drift_reports, ml_scoring.live_spreads'),
}
