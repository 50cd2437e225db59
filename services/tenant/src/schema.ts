import { isolateTenants, type SchemaDefinition } from '@ott/postgres/migration'

export const schema: SchemaDefinition = {
  service: 'tenant',
  migrations: [
    {
      name: '001-tenants',
      up: (knex) =>
        knex.raw(`
          -- The ids alone, so that the service can say which tenants there are; everything else of a tenant is isolated.
          create table tenant.tenant_ids (tenant_id text primary key);
          create table tenant.tenants (
            tenant_id text primary key references tenant.tenant_ids,
            name text not null,
            risk_threshold double precision not null check (risk_threshold between 0 and 1),
            ignored_event_types text[] not null default '{}',
            webhook_url text,
            webhook_secret text,
            created_at timestamptz not null default now(),
            check ((webhook_url is null) = (webhook_secret is null))
          );
          create table tenant.api_keys (
            tenant_id text not null references tenant.tenant_ids,
            id text not null,
            sha256 text not null unique,
            created_at timestamptz not null default now(),
            primary key (tenant_id, id)
          );
          ${isolateTenants('tenant.tenants')}
          ${isolateTenants('tenant.api_keys')}
        `),
      down: (knex) => knex.raw('drop table tenant.api_keys, tenant.tenants, tenant.tenant_ids'),
    },
    {
      name: '002-screening',
      up: (knex) => knex.raw(`alter table tenant.tenants add column screening text not null default 'mark' check (screening in ('mark', 'block'))`),
      down: (knex) => knex.raw('alter table tenant.tenants drop column screening'),
    },
  ],
}
