import { rm, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDatabase } from '@ott/dev-env/start-database'
import type { Stage } from '@ott/pipeline/define-stage'
import { createMemoryBus } from '@ott/pipeline/memory-bus'
import type { InboundRecord, OutboundRecord } from '@ott/pipeline/record'
import { defaultStageSettings, runStage } from '@ott/pipeline/run-stage'
import { silentObserver } from '@ott/pipeline/stage-observer'
import { openDatabase, type Database, type Sql } from '@ott/postgres/database'
import type { SchemaDefinition } from '@ott/postgres/migration'
import { provision } from '@ott/postgres/provision'

/**
 * A database with one service's tables, until the scope ends.
 * @param readers services whose roles its migrations grant something to
 */
export async function benchDatabase(schema: SchemaDefinition, scope: AsyncDisposableStack, readers: readonly string[] = []): Promise<{ readonly database: Database; /** Who may do anything. */ readonly owner: Database; readonly kind: string }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ott-bench-'))
  scope.defer(() => rm(dataDir, { recursive: true, force: true }))
  const server = await startDatabase({ dataDir })
  scope.defer(() => server.stop())
  const schemas = [schema, ...readers.map((service) => ({ service, migrations: [] }))]
  const urls = await provision({ adminUrl: server.url, schemas, passwords: Object.fromEntries(schemas.map(({ service }) => [service, 'bench'])) })
  const database = openDatabase({ url: urls[schema.service] ?? '', poolMax: 6, applicationName: 'bench' })
  scope.defer(() => database.close())
  const owner = openDatabase({ url: server.url, poolMax: 1, applicationName: 'bench-owner' })
  scope.defer(() => owner.close())
  return { database, owner, kind: server.kind }
}

export interface StageRate {
  readonly rate: number
  /** Of this process, the database's aside. */
  readonly cpuMicrosPerEvent: number
}

export interface StageRun<Event, Facts, Row, State> {
  readonly stage: Stage<Event, Facts, Row, State, Sql>
  readonly database: Database
  /** Of the inbound topic, all published before the stage starts. */
  readonly records: readonly OutboundRecord[]
  readonly inbound: string
  readonly outbound: string
}

/** Events a second through a stage, from record to record, on a bus in memory. */
export async function measureStage<Event, Facts, Row, State>({ stage, database, records, inbound, outbound }: StageRun<Event, Facts, Row, State>): Promise<StageRate & { readonly results: readonly InboundRecord[] }> {
  const count = records.length
  const bus = createMemoryBus()
  await bus.createTopics([inbound, outbound].map((name) => ({ name, compacted: false, retentionMs: 0 })), 6)
  await bus.publish(records)
  let done = 0
  const observer = { ...silentObserver, batchDone: ({ records: ended }: { records: number }) => void (done += ended) }
  globalThis.gc?.()
  const failed = Promise.withResolvers<never>()
  const startedAtMs = performance.now()
  const cpuBefore = process.cpuUsage()
  const running = await runStage(
    stage,
    { bus, unitOfWork: database.transaction, observer, nowMs: Date.now, random: Math.random },
    { ...defaultStageSettings, group: 'bench', topics: [inbound] },
    failed.reject,
  )
  const arrived = async () => {
    while (done < count) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await Promise.race([arrived(), failed.promise])
  const rate = count / ((performance.now() - startedAtMs) / 1_000)
  const { user, system } = process.cpuUsage(cpuBefore)
  await running.stop()
  return { rate, cpuMicrosPerEvent: (user + system) / count, results: bus.readAll(outbound) }
}

export function shownRate({ rate, cpuMicrosPerEvent }: StageRate): string {
  return `${Math.round(rate)} events/s (${cpuMicrosPerEvent.toFixed(0)} µs of CPU an event)`
}
