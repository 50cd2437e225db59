import { randomUUID } from 'node:crypto'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { eventAssessed } from '@ott/contracts/event-assessed'
import { eventScored } from '@ott/contracts/event-scored'
import { deadLetterTopicOf } from '@ott/contracts/topics'
import { createKafkaBus } from '@ott/kafka/kafka-bus'
import type { Bus } from '@ott/pipeline/bus'
import { createKillableProcess, type KillableProcess } from '@ott/pipeline/conformance/killable-process'
import { until } from '@ott/pipeline/conformance/world'
import type { OutboundRecord } from '@ott/pipeline/record'
import { defaultStageSettings, runStage, type RunningStage } from '@ott/pipeline/run-stage'
import { silentObserver } from '@ott/pipeline/stage-observer'
import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords } from '@ott/postgres/test-database'
import { createProfileStore } from '../src/profile-store.ts'
import { schema } from '../src/schema.ts'
import { scoringStage } from '../src/stage.ts'
import { createSubjectBudget } from '../src/subject-budget.ts'

export interface ScoringChoices {
  readonly subjectsMax: number
  readonly snapshotIntervalMs: number
}

/** One process with the scoring stage. Killed, it reaches neither broker nor database any more. */
export interface ScoringProcess extends Pick<KillableProcess, 'kill' | 'killAt' | 'killed'> {
  stop(): Promise<void>
  /** Viewers it put out of memory so far, and viewers it read that the database knew. */
  readonly counts: { forgotten: number; fetchedAgain: number }
}

/** All that a run leaves behind. */
export interface RunResult {
  /** First record of each id in the order of the topic, as `id → value`, by record key; and how many came again. */
  readonly scored: Readonly<Record<string, readonly (readonly [id: string, value: string])[]>>
  readonly repeats: number
  /** Ids that came again with other bytes. */
  readonly contradicted: readonly string[]
  readonly profiles: readonly { readonly tenant_id: string; readonly subject: string; readonly profile: string }[]
  readonly baselines: readonly object[]
  readonly seriesCounts: readonly { readonly tenant_id: string; readonly series: string; readonly hour: number; readonly count: string }[]
}

/** A broker's topics and a database of their own, and the processes that are started on them. */
export interface ScoringWorld extends AsyncDisposable {
  readonly bus: Bus
  /** As the service's own role. */
  readonly database: Database
  start(choices: ScoringChoices): Promise<ScoringProcess>
  /** Little by little, so that there are many batches. */
  publish(records: readonly OutboundRecord[]): Promise<void>
  /** How many results there are, repeats included. */
  scoredSoFar(): Promise<number>
  /** Waits until all that was published is worked on and written down, and the processes have stopped. */
  result(): Promise<RunResult>
}

const partitions = 4
export const group = 'stage.ml-scoring'
const tenantIds = ['acme', 'globex']
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

export async function openScoringWorld(): Promise<ScoringWorld> {
  const scope = new AsyncDisposableStack()
  const topicPrefix = `t${randomUUID().slice(0, 8)}.`
  const openBus = () => createKafkaBus({ brokers: process.env['OTT_TEST_KAFKA_BROKERS']?.split(',') ?? [], clientId: 'test', topicPrefix, log: silent })
  const admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  scope.defer(() => admin.drop())
  const urls = await provision({ adminUrl: admin.url, schemas: [schema], passwords: testPasswords(['ml-scoring']) })
  const bus = await openBus()
  scope.defer(() => bus.close())
  const topics = [eventAssessed.topic, eventScored.topic, deadLetterTopicOf('ml-scoring')]
  await bus.createTopics(topics.map((name) => ({ name, compacted: false, retentionMs: 3_600_000 })), partitions)
  const running: ScoringProcess[] = []
  const watching = scope.adopt(openDatabase({ url: urls['ml-scoring'] ?? '', poolMax: 4, applicationName: 'test' }), (each) => each.close())

  return {
    bus,
    database: watching,
    async start(choices) {
      const own = new AsyncDisposableStack()
      const ownBus = own.adopt(await openBus(), (each) => each.close())
      const database = own.adopt(openDatabase({ url: urls['ml-scoring'] ?? '', poolMax: 4, applicationName: 'test' }), (each) => each.close())
      const { bus: guarded, guard, reached, ...fate } = createKillableProcess(ownBus, { takeFault: () => undefined, heartbeats: 0, pauses: 0 })
      const counts = { forgotten: 0, fetchedAgain: 0 }
      const store = createProfileStore({
        ...{ database: guardedDatabase(database, guard), tenantIds: () => tenantIds, snapshotIntervalMs: choices.snapshotIntervalMs, budget: createSubjectBudget(choices.subjectsMax) },
        observer: {
          forgotten: (count) => void (counts.forgotten += count),
          fetched: (profiles) => void (counts.fetchedAgain += profiles.filter(({ profile }) => profile !== undefined).length),
        },
      })
      // A process that is killed fails on all it tries; that it says so is no news.
      const stage: RunningStage = await runStage(
        scoringStage(store),
        { bus: guarded, unitOfWork: database.transaction, observer: silentObserver, nowMs: Date.now, random: () => 0.1, reached },
        { ...defaultStageSettings, group, topics: [eventAssessed.topic] },
        () => undefined,
      )
      own.defer(() => stage.stop())
      let stopped: Promise<void> | undefined
      const started: ScoringProcess = { ...fate, counts, stop: () => (stopped ??= own.disposeAsync()) }
      running.push(started)
      return started
    },
    async publish(records) {
      for (let from = 0; from < records.length; from += 20) {
        await bus.publish(records.slice(from, from + 20))
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
    scoredSoFar: async () => Number((await bus.endOffsets(eventScored.topic)).reduce((sum, end) => sum + end, 0n)),
    async result() {
      await until('all is worked on and written down', async () => (await bus.lag(group, [eventAssessed.topic])) === 0n)
      await Promise.all(running.map((each) => each.stop()))
      const profiles = await admin.query<RunResult['profiles'][number]>('select tenant_id, subject, profile::text as profile from ml_scoring.subject_profiles order by 1, 2')
      const baselines = await admin.query('select tenant_id, partition, baseline::text as baseline from ml_scoring.baselines order by 1, 2')
      const seriesCounts = await admin.query<RunResult['seriesCounts'][number]>('select tenant_id, series, hour, count from ml_scoring.series_counts order by 1, 2, 3')
      return { ...(await readScored(bus)), profiles, baselines, seriesCounts }
    },
    async [Symbol.asyncDispose]() {
      for (const each of running) each.kill()
      await Promise.allSettled(running.map((each) => each.stop()))
      await scope.disposeAsync()
    },
  }
}

/** As long as a transaction takes here, so that batches come in while a snapshot is written. */
const transactionMs = 15

/** A transaction of a killed process is never committed. */
function guardedDatabase(database: Database, guard: () => void): Database {
  return {
    ...database,
    transaction: (tenants, work) =>
      database.transaction(tenants, async (sql) => {
        guard()
        const value = await work(sql)
        await new Promise((resolve) => setTimeout(resolve, transactionMs))
        guard()
        return value
      }),
  }
}

async function readScored(bus: Bus): Promise<Pick<RunResult, 'scored' | 'repeats' | 'contradicted'>> {
  const ends = await bus.endOffsets(eventScored.topic)
  const next = ends.map(() => 0n)
  const scored: Record<string, [string, string][]> = {}
  const values = new Map<string, string>()
  const contradicted: string[] = []
  let repeats = 0
  const reading = await bus.subscribe({
    ...{ group: `reader-${randomUUID()}`, topics: [eventScored.topic], concurrency: 1, pace: 'batch', from: 'earliest' },
    onFatal: () => undefined,
    async onBatch({ partition, records }, control) {
      for (const { offset, key, value } of records) {
        if (offset < (next[partition] ?? 0n)) continue
        next[partition] = offset + 1n
        const text = String(value)
        const { id } = JSON.parse(text) as { id: string }
        const before = values.get(id)
        if (before === undefined) {
          values.set(id, text)
          ;(scored[key ?? ''] ??= []).push([id, text])
        } else {
          repeats++
          if (before !== text) contradicted.push(id)
        }
      }
      control.advance(next[partition] ?? 0n)
    },
  })
  await until('all results are read', () => ends.every((end, partition) => (next[partition] ?? 0n) >= end))
  await reading.stop()
  return { scored, repeats, contradicted }
}

const kinds = ['playback.started', 'playback.stopped', 'signin.failed', 'signin.succeeded', 'consent.changed', 'personal-data.exported', 'api.requested', 'error.occurred']
const places = [[52.52, 13.4], [48.86, 2.35], [35.68, 139.69]] as const

/** Assessed events of viewers of two tenants over ten days of event time, some late and some from the future. The same seed gives the same bytes. */
export function assessedRecords(count: number, viewers: number, seed: number): OutboundRecord[] {
  const random = seededRandom(seed)
  const spanMs = 10 * 86_400_000
  return Array.from({ length: count }, (_, n) => {
    const tenantid = tenantIds[random.below(2)]!
    const subject = `viewer-${random.below(viewers)}`
    const shift = random.below(20)
    const atMs = Date.UTC(2026, 2, 1) + Math.floor((n / count) * spanMs) + (shift === 0 ? -2 * 86_400_000 : shift === 1 ? 86_400_000 : -random.below(600_000))
    const time = new Date(atMs).toISOString()
    const [latitude, longitude] = places[random.below(places.length)]!
    const data = { attempts: 1 + random.below(3), records: random.below(500), status: random.below(2) === 0 ? 200 : 403, location: { latitude, longitude } }
    const findings = random.below(10) === 0 ? [{ rule: 'r', regulation: 'g', citation: 'c', severity: 'low' as const, message: 'm', values: {} }] : []
    const event = { id: `e-${n}`, source: '/app', type: `com.ott.${kinds[random.below(kinds.length)]!}.v1`, time, data }
    const assessed = buildEvent(eventAssessed, { id: `assessed-${n}`, subject, time, tenantid, data: { event, receivedAt: time, ruleSetVersion: 'test-1', findings } })
    return { topic: eventAssessed.topic, key: recordKeyOf({ tenantid, subject }), headers: {}, value: JSON.stringify(assessed) }
  })
}
