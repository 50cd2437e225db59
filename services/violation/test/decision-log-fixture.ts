import type { EventScored } from '@ott/contracts/event-scored'
import { decideBatch, rowsOf } from '@ott/pipeline/decide-batch'
import type { Received } from '@ott/pipeline/define-stage'
import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { schema } from '../src/schema.ts'
import { violationStage } from '../src/stage.ts'

export interface LogDatabase {
  /** As a superuser, past every policy and grant. */
  readonly admin: TestDatabase
  /** As the service. */
  readonly database: Database
  /** One batch as the stage works through it. */
  work(...batch: Received<EventScored>[]): Promise<void>
  empty(): Promise<unknown>
  close(): Promise<void>
}

/** When the first batch is processed; each after it a millisecond later. */
export const processedAtMs = Date.parse('2026-03-02T00:00:00.123Z')

export async function openLogDatabase(): Promise<LogDatabase> {
  const admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const readers = ['ingest', 'compliance', 'ml-scoring']
  const schemas = [schema, ...readers.map((service) => ({ service, migrations: [] }))]
  const urls = await provision({ adminUrl: admin.url, schemas, passwords: testPasswords(['violation', ...readers]) })
  const database = openDatabase({ url: urls['violation'] ?? '', poolMax: 6, applicationName: 'test' })
  let batches = 0
  const stage = violationStage({ get: () => undefined }, () => processedAtMs + batches++)
  return {
    admin,
    database,
    work: (...batch) =>
      database.transaction([...new Set(batch.map(({ tenantId }) => tenantId))], async (sql) => {
        const facts = await stage.load(batch, sql, undefined)
        const decided = decideBatch(stage, batch, facts)
        if (decided.failure !== undefined) throw decided.failure.error
        await stage.save?.(rowsOf(decided), sql)
      }),
    empty: () =>
      admin.query(`truncate violation.processed_events, violation.violations, violation.evidence, violation.decision_batches, violation.decision_pending,
        violation.decision_links, violation.decision_checkpoints, violation.decision_changes`),
    async close() {
      await database.close()
      await admin.drop()
    },
  }
}
