import { isolateTenants, type SchemaDefinition } from '@ott/postgres/migration'
import { driftMigration } from './drift/drift-schema.ts'
import { federationMigration } from './federation/federation-schema.ts'
import { labelsMigration } from './labels/labels-schema.ts'
import { modelsMigration } from './registry/models-schema.ts'
import { referenceMigration } from './scoring/reference-schema.ts'
import { seriesMigration } from './series/series-schema.ts'
import { trainingMigration } from './training/training-schema.ts'

export const schema: SchemaDefinition = {
  service: 'ml-scoring',
  migrations: [
    {
      name: '001-profiles',
      up: (knex) =>
        knex.raw(`
          create table ml_scoring.subject_profiles (
            tenant_id text not null,
            subject text not null,
            profile json not null,
            primary key (tenant_id, subject)
          );
          create table ml_scoring.baselines (
            tenant_id text not null,
            topic text not null,
            partition integer not null,
            baseline json not null,
            primary key (tenant_id, topic, partition)
          );
          -- How far the profiles and baselines of a partition go; written in one transaction with them.
          create table ml_scoring.snapshot_positions (
            topic text not null,
            partition integer not null,
            -- The process that holds the partition; nobody else may write to it.
            owner text not null,
            next_offset bigint,
            sources json not null,
            primary key (topic, partition)
          );
          ${isolateTenants('ml_scoring.subject_profiles')}
          ${isolateTenants('ml_scoring.baselines')}
        `),
      down: (knex) => knex.raw('drop table ml_scoring.snapshot_positions, ml_scoring.baselines, ml_scoring.subject_profiles'),
    },
    {
      // As of when a profile is; unknown of those written before. The version before leaves it as it is.
      name: '002-time-of-snapshot',
      up: (knex) => knex.raw('alter table ml_scoring.subject_profiles add column snapshot_at timestamptz'),
      down: (knex) => knex.raw('alter table ml_scoring.subject_profiles drop column snapshot_at'),
    },
    modelsMigration,
    trainingMigration,
    seriesMigration,
    driftMigration,
    referenceMigration,
    federationMigration,
    labelsMigration,
  ],
}
