import { isolateTenants, type Migration } from '@ott/postgres/migration'

/** Hourly counts of a tenant's events, what is thought of each series, and when one was unlike itself. Hours are counted since 1970. */
export const seriesMigration: Migration = {
  name: '005-series',
  up: (knex) =>
    knex.raw(`
      create table ml_scoring.series_counts (
        tenant_id text not null,
        series text not null,
        hour integer not null,
        count bigint not null,
        primary key (tenant_id, series, hour)
      );
      create index series_counts_by_age on ml_scoring.series_counts (hour);

      -- A series is there from its first count on.
      create table ml_scoring.series_states (
        tenant_id text not null,
        series text not null,
        first_hour integer not null,
        -- The last hour judged; the first one is only in part seen, and isn't.
        judged_hour integer not null,
        -- Plain JSON, see watch-hour.ts; null before the first hour was judged.
        state json,
        primary key (tenant_id, series)
      );
      create index series_states_due on ml_scoring.series_states (tenant_id, judged_hour);

      create table ml_scoring.series_anomalies (
        tenant_id text not null,
        series text not null,
        start_hour integer not null,
        last_hour integer not null,
        is_open boolean not null,
        direction text not null check (direction in ('above', 'below')),
        model text not null,
        -- Of the hour that was the least likely.
        likelihood double precision not null,
        count bigint not null,
        expected double precision not null,
        -- As it was when it opened: so it is told.
        opened json not null,
        told_at timestamptz,
        primary key (tenant_id, series, start_hour)
      );
      create index series_anomalies_untold on ml_scoring.series_anomalies (tenant_id, start_hour) where told_at is null;
      create index series_anomalies_open on ml_scoring.series_anomalies (tenant_id) where is_open;
      create index series_anomalies_by_age on ml_scoring.series_anomalies (last_hour);

      ${isolateTenants('ml_scoring.series_counts')}
      ${isolateTenants('ml_scoring.series_states')}
      ${isolateTenants('ml_scoring.series_anomalies')}
    `),
  down: (knex) => knex.raw('drop table ml_scoring.series_anomalies, ml_scoring.series_states, ml_scoring.series_counts'),
}
