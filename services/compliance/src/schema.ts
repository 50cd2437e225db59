import type { SchemaDefinition } from '@ott/postgres/migration'

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
  ],
}
