import knex, { type Knex } from 'knex'
import { schemaOf, type Migration, type SchemaDefinition } from './migration.ts'

/** Owner of every schema. It can't log in and, not being a superuser, is bound by row-level security too. */
export const ownerRole = 'ott_owner'

/** Brings one service's schema to its latest form. */
export async function migrateUp(adminUrl: string, definition: SchemaDefinition): Promise<void> {
  await withMigrator(adminUrl, definition, (migrate) => migrate.latest())
}

/** Takes one service's schema back to nothing. */
export async function migrateDown(adminUrl: string, definition: SchemaDefinition): Promise<void> {
  await withMigrator(adminUrl, definition, (migrate) => migrate.rollback(undefined, true))
}

async function withMigrator(adminUrl: string, { service, migrations }: SchemaDefinition, work: (migrate: Knex.Migrator) => Promise<unknown>): Promise<void> {
  const schema = schemaOf(service)
  const database = knex({
    client: 'pg',
    connection: adminUrl,
    searchPath: [schema],
    pool: {
      min: 1,
      max: 1,
      afterCreate: (connection: { query(text: string, done: (error: Error | null) => void): void }, done: (error: Error | null) => void) =>
        connection.query(`set role ${ownerRole}`, done),
    },
    migrations: {
      tableName: 'schema_migrations',
      schemaName: schema,
      migrationSource: {
        getMigrations: async () => [...migrations].sort((a, b) => a.name.localeCompare(b.name)),
        getMigrationName: (migration: Migration) => migration.name,
        getMigration: async (migration: Migration) => migration,
      } as Knex.MigrationSource<Migration>,
    },
  })
  try {
    await work(database.migrate)
  } finally {
    await database.destroy()
  }
}
