import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { schema } from '../src/schema.ts'

/** The service's schema in a database of its own, as the administrator and as the service see it. */
export interface AlertingDatabase {
  readonly admin: TestDatabase
  readonly database: Database
  /** Of the service's own role. */
  readonly url: string
  close(): Promise<void>
}

export async function openAlertingDatabase(): Promise<AlertingDatabase> {
  const admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const schemas = [schema, { service: 'violation', migrations: [] }]
  const urls = await provision({ adminUrl: admin.url, schemas, passwords: testPasswords(['alerting', 'violation']) })
  const database = openDatabase({ url: urls['alerting'] ?? '', poolMax: 6, applicationName: 'test' })
  return {
    admin,
    database,
    url: urls['alerting'] ?? '',
    async close() {
      await database.close()
      await admin.drop()
    },
  }
}
