import { isolateTenants, type Migration } from '@ott/postgres/migration'

/** What champions met since they serve, in the bins of what they were trained on, and what was made of it. */
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
        day date not null,
        checked_at timestamptz not null,
        report json not null,
        primary key (tenant_id, model, version, day)
      );
      create table ml_scoring.drift_settings (
        tenant_id text not null,
        model text not null,
        train_on_drift boolean not null,
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
