import { isolateTenants, type Migration } from '@ott/postgres/migration'

/** Models, their versions and what became of them. */
export const modelsMigration: Migration = {
  name: '003-models',
  up: (knex) =>
    knex.raw(`
      create table ml_scoring.models (
        tenant_id text not null,
        model text not null,
        -- Grows with every change of what is served; whoever makes one holds the row meanwhile.
        sequence bigint not null default 0,
        last_version integer not null default 0,
        created_at timestamptz not null,
        -- Whether every process was told of what is served.
        announced boolean not null default true,
        primary key (tenant_id, model)
      );
      -- What was trained, and from what. Nothing of it ever changes.
      create table ml_scoring.model_versions (
        tenant_id text not null,
        model text not null,
        version integer not null check (version >= 1),
        kind text not null,
        sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
        size_bytes bigint not null check (size_bytes > 0),
        metadata json not null,
        -- Hash of the data, seed, code version, metrics, and by which of them it is validated.
        training json not null,
        created_at timestamptz not null,
        created_by text not null,
        primary key (tenant_id, model, version),
        foreign key (tenant_id, model) references ml_scoring.models
      );
      create table ml_scoring.model_standings (
        tenant_id text not null,
        model text not null,
        version integer not null,
        status text not null check (status in ('candidate', 'challenger', 'champion', 'retired')),
        changed_at timestamptz not null,
        primary key (tenant_id, model, version),
        foreign key (tenant_id, model, version) references ml_scoring.model_versions
      );
      create unique index model_standings_one_champion on ml_scoring.model_standings (tenant_id, model) where status = 'champion';
      -- Who did what, when and why; never changes either.
      create table ml_scoring.model_transitions (
        tenant_id text not null,
        model text not null,
        sequence bigint not null,
        version integer not null,
        at timestamptz not null,
        by_key text not null,
        action text not null,
        from_status text,
        to_status text not null,
        reason text,
        forced boolean not null default false,
        -- What the gate compared, for promotions.
        gate json,
        primary key (tenant_id, model, sequence, version),
        foreign key (tenant_id, model, version) references ml_scoring.model_versions
      );
      -- How a challenger's scores differ from the champion's, of all processes together.
      create table ml_scoring.model_comparisons (
        tenant_id text not null,
        model text not null,
        challenger integer not null,
        champion integer not null,
        tally json not null,
        since timestamptz not null,
        last_at timestamptz not null,
        primary key (tenant_id, model, challenger, champion)
      );
      create function ml_scoring.refuse_change() returns trigger language plpgsql as $$ begin
        raise exception '% of %: what was registered stays as it is', lower(tg_op), tg_table_name;
      end $$;
      create trigger model_versions_stay before update or delete on ml_scoring.model_versions for each row execute function ml_scoring.refuse_change();
      create trigger model_transitions_stay before update or delete on ml_scoring.model_transitions for each row execute function ml_scoring.refuse_change();
      create trigger model_standings_stay before delete on ml_scoring.model_standings for each row execute function ml_scoring.refuse_change();
      create trigger models_stay before delete on ml_scoring.models for each row execute function ml_scoring.refuse_change();
      ${isolateTenants('ml_scoring.models')}
      ${isolateTenants('ml_scoring.model_versions')}
      ${isolateTenants('ml_scoring.model_standings')}
      ${isolateTenants('ml_scoring.model_transitions')}
      ${isolateTenants('ml_scoring.model_comparisons')}
    `),
  down: (knex) =>
    knex.raw(`
      drop table ml_scoring.model_comparisons, ml_scoring.model_transitions, ml_scoring.model_standings, ml_scoring.model_versions, ml_scoring.models;
      drop function ml_scoring.refuse_change();
    `),
}
