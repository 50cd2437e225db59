import { isolateTenants, type Migration } from '@ott/postgres/migration'

/** Hourly counts of a tenant's events, what is known of each series, and when one was unlike itself. Hours are counted since 1970. */
export const seriesMigration: Migration = {
  name: '005-series',
  up: (knex) =>
    knex.raw(`
      create table ml_scoring.series_counts (
        tenant_id text not null,
        hour integer not null,
        series text not null,
        count bigint not null,
        primary key (tenant_id, hour, series)
      );
      -- The groups that have series of their own, as a partition's events brought them.
      create table ml_scoring.series_groups (
        tenant_id text not null,
        topic text not null,
        partition integer not null,
        groups json not null,
        primary key (tenant_id, topic, partition)
      );
      create table ml_scoring.series_states (
        tenant_id text not null,
        series text not null,
        -- The last hour judged.
        hour integer not null,
        state json not null,
        primary key (tenant_id, series)
      );
      create table ml_scoring.series_anomalies (
        tenant_id text not null,
        series text not null,
        since_hour integer not null,
        last_hour integer not null,
        is_open boolean not null,
        -- As the event says it: of the hour in which it was first believed.
        event json not null,
        peak_likelihood double precision not null,
        published_at timestamptz,
        primary key (tenant_id, series, since_hour)
      );
      create index series_anomalies_unpublished on ml_scoring.series_anomalies (tenant_id) where published_at is null;
      ${isolateTenants('ml_scoring.series_counts')}
      ${isolateTenants('ml_scoring.series_groups')}
      ${isolateTenants('ml_scoring.series_states')}
      ${isolateTenants('ml_scoring.series_anomalies')}
    `),
  down: (knex) => knex.raw('drop table ml_scoring.series_anomalies, ml_scoring.series_states, ml_scoring.series_groups, ml_scoring.series_counts'),
}
