import { isolateTenants, type Migration } from '@ott/postgres/migration'

/** Labels that come from cases. */
export const labelsMigration: Migration = {
  name: '009-labels-from-cases',
  up: (knex) =>
    knex.raw(`
      -- The case whose closing said it; null: a person labelled the event itself, which no case overrules.
      alter table ml_scoring.labels add column violation_id text;
      create index labels_by_violation on ml_scoring.labels (tenant_id, violation_id) where violation_id is not null;
      -- How far what was said of a tenant's cases has become labels.
      create table ml_scoring.case_verdict_positions (
        tenant_id text primary key,
        sequence bigint not null
      );
      ${isolateTenants('ml_scoring.case_verdict_positions')}
    `),
  down: (knex) => knex.raw('drop table ml_scoring.case_verdict_positions; alter table ml_scoring.labels drop column violation_id'),
}
