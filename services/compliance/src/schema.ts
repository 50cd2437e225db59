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
  ],
}
