import type { EventScored } from '@ott/contracts/event-scored'
import { decideBatch, rowsOf } from '@ott/pipeline/decide-batch'
import type { Received } from '@ott/pipeline/define-stage'
import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { schema } from '../src/schema.ts'
import { violationStage } from '../src/stage.ts'
import { aScored, type ScoredParts } from './scored-fixture.ts'

export const startMs = Date.parse('2026-03-01T12:00:00Z')
export const hourMs = 3_600_000
export const windowMs = 24 * hourMs

/** An event that breaks `r1`, so long after the start. */
export const breaking = (id: string, afterMs = 0, parts: ScoredParts = {}) => aScored(id, { time: new Date(startMs + afterMs).toISOString(), rules: ['r1'], ...parts })

export interface CaseDatabase {
  readonly admin: TestDatabase
  readonly database: Database
  /** One batch as the runtime works through it; answers the ids of the violations it tells of. */
  work(...batch: Received<EventScored>[]): Promise<(string | undefined)[]>
  /** The same at another time of the clock. */
  workAt(nowMs: number, ...batch: Received<EventScored>[]): Promise<(string | undefined)[]>
  close(): Promise<void>
}

/** A database of its own with the tables of violations, as the service's role sees them. */
export async function openCaseDatabase(): Promise<CaseDatabase> {
  const admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const readers = ['ingest', 'compliance', 'ml-scoring']
  const schemas = [schema, ...readers.map((service) => ({ service, migrations: [] }))]
  const urls = await provision({ adminUrl: admin.url, schemas, passwords: testPasswords(['violation', ...readers]) })
  const database = openDatabase({ url: urls['violation'] ?? '', poolMax: 8, applicationName: 'test' })
  const workAt = (nowMs: number, ...batch: Received<EventScored>[]) => {
    const stage = violationStage({ get: () => undefined }, () => nowMs)
    return database.transaction([...new Set(batch.map(({ tenantId }) => tenantId))], async (sql) => {
      const facts = await stage.load(batch, sql, undefined)
      const decided = decideBatch(stage, batch, facts)
      if (decided.failure !== undefined) throw decided.failure.error
      await stage.save?.(rowsOf(decided), sql)
      return decided.decided.flatMap(({ decision }) => decision.emits.map(({ id }) => id))
    })
  }
  return {
    admin,
    database,
    work: (...batch) => workAt(startMs + 12 * hourMs, ...batch),
    workAt,
    async close() {
      await database.close()
      await admin.drop()
    },
  }
}

export const caseTables = 'violation.processed_events, violation.violations, violation.evidence, violation.case_history, violation.case_comments, violation.case_settings, violation.outbox'
