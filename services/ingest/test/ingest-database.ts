import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { schema } from '../src/schema.ts'

export interface IngestDatabase extends AsyncDisposable {
  /** As the service's own role, which row-level security binds. */
  readonly service: Database
  readonly admin: TestDatabase
}

/** A database with the tables of ingest alone; the role that they are shared with exists, too. */
export async function anIngestDatabase(): Promise<IngestDatabase> {
  const admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const schemas = [schema, { service: 'violation', migrations: [] }]
  const urls = await provision({ adminUrl: admin.url, schemas, passwords: testPasswords(['ingest', 'violation']) })
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
