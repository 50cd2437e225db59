import { openDatabase, type Database } from '@ott/postgres/database'
import { isolateTenants, type SchemaDefinition } from '@ott/postgres/migration'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { schema } from '../src/schema.ts'

export interface IngestDatabase extends AsyncDisposable {
  /** As the service's own role, which row-level security binds. */
  readonly service: Database
  readonly admin: TestDatabase
}

/** As much of the violation service's schema as ingest reads of it. */
const violationSchema: SchemaDefinition = {
  service: 'violation',
  migrations: [
    {
      name: '001-stand-in',
      up: (knex) =>
        knex.raw(`
          create table violation.processed_events (tenant_id text not null, event_key uuid not null);
          ${isolateTenants('violation.processed_events')}
          grant usage on schema violation to ott_ingest;
          grant select on violation.processed_events to ott_ingest;
        `),
      down: (knex) => knex.raw('drop table violation.processed_events'),
    },
  ],
}

/** A database with the tables of ingest, and a stand-in for what it reads of others. */
export async function anIngestDatabase(): Promise<IngestDatabase> {
  const admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const schemas = [schema, violationSchema, { service: 'compliance', migrations: [] }]
  const urls = await provision({ adminUrl: admin.url, schemas, passwords: testPasswords(['ingest', 'violation', 'compliance']) })
  const service = openDatabase({ url: urls['ingest'] ?? '', poolMax: 6, applicationName: 'test' })
  return {
    service,
    admin,
    async [Symbol.asyncDispose]() {
      await service.close()
      await admin.drop()
    },
  }
}
