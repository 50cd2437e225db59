import { isolateTenants, type Migration } from '@ott/postgres/migration'

/** What has come into the references of the tenants' detectors since they were fitted, as of each partition's last snapshot. */
export const referenceMigration: Migration = {
  name: '007-reference-windows',
  up: (knex) =>
    knex.raw(`
      create table ml_scoring.reference_windows (
        tenant_id text not null,
        topic text not null,
        partition integer not null,
        -- Of the model: another begins anew.
        version integer not null,
        gathering json not null,
        -- The rows in force, base64 of float64; written only when they changed.
        added text not null,
        added_rows integer not null,
        replaced_rows integer not null,
        renewed_at timestamptz,
        primary key (tenant_id, topic, partition)
      );
      ${isolateTenants('ml_scoring.reference_windows')}
    `),
  down: (knex) => knex.raw('drop table ml_scoring.reference_windows'),
}
