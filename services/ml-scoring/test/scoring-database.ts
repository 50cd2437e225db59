import { openDatabase, type Database } from '@ott/postgres/database'
import type { SchemaDefinition } from '@ott/postgres/migration'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { schema } from '../src/schema.ts'

/** A database with the tables of the service. */
export interface ScoringDatabase extends AsyncDisposable {
  readonly admin: TestDatabase
  /** As the service's own role, which row-level security binds. */
  readonly database: Database
}

/** @param others schemas of which the service reads */
export async function scoringDatabase(others: readonly SchemaDefinition[] = []): Promise<ScoringDatabase> {
  const admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const urls = await provision({ adminUrl: admin.url, schemas: [schema, ...others], passwords: testPasswords(['ml-scoring', ...others.map(({ service }) => service)]) })
  const database = openDatabase({ url: urls['ml-scoring'] ?? '', poolMax: 8, applicationName: 'test' })
  return {
    admin,
    database,
    async [Symbol.asyncDispose]() {
      await database.close()
      await admin.drop()
    },
  }
}
