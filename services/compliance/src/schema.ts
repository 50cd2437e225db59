import { isolateTenants, type SchemaDefinition } from '@ott/postgres/migration'

export const schema: SchemaDefinition = {
  service: 'compliance',
  migrations: [
    {
      name: '001-rule-sets',
      up: (knex) =>
        knex.raw(`
          -- Every version that has been in force here. A version is named after its content and belongs to no tenant.
          create table compliance.rule_sets (
            version text primary key,
            in_force_since timestamptz not null,
            rules json not null
          );
        `),
      down: (knex) => knex.raw('drop table compliance.rule_sets'),
    },
    {
      name: '002-timelines',
      up: (knex) =>
        knex.raw(`
          -- What rules about several events remember: of a viewer (subject:...) or of what else they go by (data.actor:...).
          create table compliance.timelines (
            tenant_id text not null,
            name text not null,
            timeline json not null default '{"entries":[]}',
            -- The next period that runs: when it ends, and from when on nothing that could still arrive may answer it.
            due_at timestamptz,
            decide_at timestamptz,
            -- When its end was last told.
            asked_at timestamptz,
            matters_until timestamptz not null default now() + interval '1 day',
            primary key (tenant_id, name)
          );
          create index timelines_to_decide on compliance.timelines (tenant_id, decide_at) where decide_at is not null;
          create index timelines_to_forget on compliance.timelines (tenant_id, matters_until) where decide_at is null;
          ${isolateTenants('compliance.timelines')}
        `),
      down: (knex) => knex.raw('drop table compliance.timelines'),
    },
    {
      name: '003-backtests',
      up: (knex) =>
        knex.raw(`
          create table compliance.backtests (
            tenant_id text not null,
            id uuid not null,
            rule_set_id text not null,
            -- Both sides by version, so that a run that is taken up again judges by the same rules.
            live_version text not null,
            candidate_version text not null,
            from_at timestamptz not null,
            to_at timestamptz not null,
            status text not null default 'queued' check (status in ('queued', 'running', 'finished', 'failed', 'cancelled')),
            failure text,
            created_at timestamptz not null default now(),
            started_at timestamptz,
            finished_at timestamptz,
            -- How far it is: events read, of how many (null until they are counted), and the place to go on from.
            events_read bigint not null default 0,
            events_total bigint,
            position json,
            report json,
            -- Who works on it, and until when that is believed; each claim has a name of its own.
            lease_holder uuid,
            lease_until timestamptz,
            -- Claims since the last progress.
            attempts integer not null default 0,
            -- For the rate: when this claim began, with how many events read.
            claimed_at timestamptz,
            read_before bigint not null default 0,
            updated_at timestamptz not null default now(),
            primary key (tenant_id, id)
          );
          create index backtests_by_time on compliance.backtests (tenant_id, created_at desc, id desc);
          create index backtests_to_run on compliance.backtests (tenant_id, created_at) where status in ('queued', 'running');

          -- What rules about several events remember while a backtest runs; written with its position, gone with its end.
          create table compliance.backtest_timelines (
            tenant_id text not null,
            backtest_id uuid not null,
            name text not null,
            timeline json not null,
            decide_at timestamptz,
            primary key (tenant_id, backtest_id, name),
            foreign key (tenant_id, backtest_id) references compliance.backtests on delete cascade
          );
          ${isolateTenants('compliance.backtests')}
          ${isolateTenants('compliance.backtest_timelines')}
        `),
      down: (knex) => knex.raw('drop table compliance.backtest_timelines, compliance.backtests'),
    },
    {
      name: '004-shadow',
      up: (knex) =>
        knex.raw(`
          -- How far a candidate has judged each partition: what lies before next_offset is in the counts already.
          create table compliance.shadow_positions (
            tenant_id text not null,
            rule_set_id text not null,
            rule_set_version text not null,
            partition integer not null,
            next_offset bigint not null,
            events bigint not null default 0,
            events_differing bigint not null default 0,
            since timestamptz not null default now(),
            last_at timestamptz not null default now(),
            primary key (tenant_id, rule_set_id, rule_set_version, partition)
          );
          create table compliance.shadow_totals (
            tenant_id text not null,
            rule_set_id text not null,
            rule_set_version text not null,
            -- Counted by partition, so that batches of different ones never wait for each other.
            partition integer not null,
            rule text not null,
            found_by_both bigint not null,
            only_live bigint not null,
            only_candidate bigint not null,
            severity_changed bigint not null,
            primary key (tenant_id, rule_set_id, rule_set_version, partition, rule)
          );
          -- The first events of each partition in which they differed, by rule and kind.
          create table compliance.shadow_samples (
            tenant_id text not null,
            rule_set_id text not null,
            rule_set_version text not null,
            partition integer not null,
            rule text not null,
            kind text not null check (kind in ('only_live', 'only_candidate', 'severity_changed')),
            place integer not null,
            event_id text not null,
            at timestamptz not null,
            primary key (tenant_id, rule_set_id, rule_set_version, partition, rule, kind, place)
          );
          ${isolateTenants('compliance.shadow_positions')}
          ${isolateTenants('compliance.shadow_totals')}
          ${isolateTenants('compliance.shadow_samples')}
        `),
      down: (knex) => knex.raw('drop table compliance.shadow_samples, compliance.shadow_totals, compliance.shadow_positions'),
    },
    {
      name: '005-tenant-rule-sets',
      up: (knex) =>
        knex.raw(`
          -- Grows with every change of any of a tenant's rule sets; whoever changes one holds the row meanwhile.
          create table compliance.rule_set_sequences (
            tenant_id text primary key,
            sequence bigint not null
          );
          create table compliance.tenant_rule_sets (
            tenant_id text not null,
            id uuid not null,
            number integer not null,
            name text not null,
            definition json not null,
            -- Counts the changes of a draft. Beyond that state nothing of it changes.
            revision integer not null default 1,
            -- Named after its rules, as they were when it was last compiled; null for a draft that doesn't compile.
            version text,
            status text not null default 'draft' check (status in ('draft', 'shadow', 'published', 'retired')),
            -- Keys that wrote it: none of them may approve it.
            authors text[] not null,
            created_at timestamptz not null,
            changed_at timestamptz not null,
            approved_by text,
            approved_at timestamptz,
            -- Why it may be published although it was neither in shadow nor backtested.
            without_evidence text,
            shadowed_at timestamptz,
            published_by text,
            published_at timestamptz,
            retired_at timestamptz,
            sequence bigint not null,
            -- Whether every process was told of it as it stands.
            announced boolean not null default true,
            primary key (tenant_id, id),
            unique (tenant_id, number),
            check ((approved_by is null) = (approved_at is null)),
            check (status <> 'published' or (approved_by is not null and published_at is not null and version is not null)),
            check (not approved_by = any(authors))
          );
          create unique index tenant_rule_sets_one_published on compliance.tenant_rule_sets (tenant_id) where status = 'published';
          create index tenant_rule_sets_by_version on compliance.tenant_rule_sets (tenant_id, version);
          create index tenant_rule_sets_unannounced on compliance.tenant_rule_sets (tenant_id) where not announced;
          -- Who did what, and when.
          create table compliance.rule_set_transitions (
            tenant_id text not null,
            rule_set_id uuid not null,
            sequence bigint not null,
            at timestamptz not null,
            by_key text not null,
            action text not null,
            revision integer not null,
            version text,
            reason text,
            primary key (tenant_id, rule_set_id, sequence),
            foreign key (tenant_id, rule_set_id) references compliance.tenant_rule_sets
          );
          -- Every version of a tenant that has been in force here, with its rules as they are told to people.
          create table compliance.tenant_rule_versions (
            tenant_id text not null,
            version text not null,
            in_force_since timestamptz not null,
            rules json not null,
            primary key (tenant_id, version)
          );
          ${isolateTenants('compliance.rule_set_sequences')}
          ${isolateTenants('compliance.tenant_rule_sets')}
          ${isolateTenants('compliance.rule_set_transitions')}
          ${isolateTenants('compliance.tenant_rule_versions')}
        `),
      down: (knex) => knex.raw('drop table compliance.tenant_rule_versions, compliance.rule_set_transitions, compliance.tenant_rule_sets, compliance.rule_set_sequences'),
    },
  ],
}
