import { isolateTenants, roleOf, type SchemaDefinition } from '@ott/postgres/migration'

/** How long (tenant, source, id) is remembered, in days. */
export const eventKeyDays = 32

export const schema: SchemaDefinition = {
  service: 'ingest',
  migrations: [
    {
      name: '001-events',
      up: (knex) =>
        knex.raw(`
          -- Which record of the tenant's inbound topic first carried an event: the same record again is a replay,
          -- another one a duplicate.
          create table ingest.event_keys (
            tenant_id text not null,
            event_key uuid not null,
            partition integer not null,
            record_offset bigint not null,
            seen_at timestamptz not null,
            primary key (tenant_id, event_key)
          );
          create index event_keys_seen_at on ingest.event_keys using brin (seen_at);

          create table ingest.raw_events (
            received_at timestamptz not null,
            tenant_id text not null,
            partition integer not null,
            record_offset bigint not null,
            event_key uuid not null,
            -- JSON in UTF-8.
            event bytea not null,
            primary key (tenant_id, partition, record_offset, received_at)
          ) partition by range (received_at);
          create table ingest.raw_events_default partition of ingest.raw_events default;

          -- Makes the partition of one day (UTC). The service may call this and alter nothing itself. A day of which the
          -- default partition holds events already (a producer's clock ran ahead) stays there: that must stop no start.
          create function ingest.ensure_raw_events_day(day date) returns void language plpgsql security definer set search_path = pg_catalog as $$
          declare
            name text := 'raw_events_' || to_char(day, 'YYYYMMDD');
          begin
            perform pg_advisory_xact_lock(720115); -- two processes may start at once
            if to_regclass('ingest.' || name) is null then
              execute format('create table ingest.%I partition of ingest.raw_events for values from (%L) to (%L)',
                name, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
            end if;
          exception when check_violation then null;
          end $$;

          create table ingest.discarded_events (
            tenant_id text not null,
            partition integer not null,
            record_offset bigint not null,
            event_id text not null,
            outcome text not null check (outcome in ('duplicate', 'filtered')),
            reason text not null,
            at timestamptz not null,
            primary key (tenant_id, partition, record_offset)
          );
          create index discarded_events_by_event on ingest.discarded_events (tenant_id, event_id);

          create table ingest.refusals (
            tenant_id text not null,
            day date not null,
            reason text not null check (reason in ('invalid', 'rateLimited', 'quotaExceeded')),
            count bigint not null,
            primary key (tenant_id, day, reason)
          );

          ${isolateTenants('ingest.event_keys')}
          ${isolateTenants('ingest.raw_events')}
          ${isolateTenants('ingest.discarded_events')}
          ${isolateTenants('ingest.refusals')}
          grant usage on schema ingest to ${roleOf('violation')};
          grant select on ingest.discarded_events to ${roleOf('violation')};
        `),
      down: (knex) =>
        knex.raw(`
          drop table ingest.refusals, ingest.discarded_events, ingest.raw_events, ingest.event_keys;
          drop function ingest.ensure_raw_events_day(date);
        `),
    },
    {
      name: '002-dead-letters',
      up: (knex) =>
        knex.raw(`
          create table ingest.dead_letters (
            tenant_id text not null,
            -- Derived from stage, topic, partition and offset: the same letter twice is one row.
            id text not null,
            stage text not null,
            topic text not null,
            partition integer not null,
            record_offset bigint not null,
            reason text not null,
            detail text not null,
            attempts integer not null,
            at timestamptz not null,
            event_id text,
            record_key text,
            value bytea,
            headers jsonb not null,
            status text not null default 'dead' check (status in ('dead', 'redriving', 'redriven')),
            redriven_at timestamptz,
            primary key (tenant_id, id)
          );
          create index dead_letters_by_time on ingest.dead_letters (tenant_id, at, id);
          create index dead_letters_by_event on ingest.dead_letters (tenant_id, event_id);
          ${isolateTenants('ingest.dead_letters')}
          grant select on ingest.dead_letters to ${roleOf('violation')};
        `),
      down: (knex) => knex.raw('drop table ingest.dead_letters'),
    },
    {
      name: '003-events-to-compliance',
      up: (knex) =>
        knex.raw(`
          -- The events as they came, for explaining how one was judged and for judging a stored period by other rules.
          grant usage on schema ingest to ${roleOf('compliance')};
          grant select on ingest.raw_events to ${roleOf('compliance')};
          grant select on ingest.event_keys to ${roleOf('compliance')};
        `),
      down: (knex) =>
        knex.raw(`
          revoke select on ingest.raw_events, ingest.event_keys from ${roleOf('compliance')};
          revoke usage on schema ingest from ${roleOf('compliance')};
        `),
    },
    {
      name: '004-attack-findings',
      up: (knex) =>
        knex.raw(`
          create table ingest.attack_findings (
            tenant_id text not null,
            event_key uuid not null,
            -- Neutralised, like everything in the column screening.
            event_id text not null,
            at timestamptz not null,
            action text not null check (action in ('marked', 'blocked')),
            screening jsonb not null,
            primary key (tenant_id, event_key)
          );
          create index attack_findings_by_time on ingest.attack_findings (tenant_id, at);
          ${isolateTenants('ingest.attack_findings')}
        `),
      down: (knex) => knex.raw('drop table ingest.attack_findings'),
    },
    {
      name: '005-events-to-ml-scoring',
      up: (knex) =>
        knex.raw(`
          -- The events as they came, for training models on them.
          grant usage on schema ingest to ${roleOf('ml-scoring')};
          grant select on ingest.raw_events to ${roleOf('ml-scoring')};
        `),
      down: (knex) =>
        knex.raw(`
          revoke select on ingest.raw_events from ${roleOf('ml-scoring')};
          revoke usage on schema ingest from ${roleOf('ml-scoring')};
        `),
    },
  ],
}
