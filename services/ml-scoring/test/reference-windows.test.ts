import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { fitEnsemble } from '@ott/anomaly/ensemble'
import { windowedFactorsOf } from '@ott/anomaly/risk-profile'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { collectViewerHours } from '@ott/anomaly/training/viewer-hours'
import { buildEvent } from '@ott/contracts/define-event'
import { eventAssessed, type EventAssessed } from '@ott/contracts/event-assessed'
import type { Received } from '@ott/pipeline/define-stage'
import { decideBatch } from '@ott/pipeline/decide-batch'
import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { createProfileStore } from '../src/profile-store.ts'
import { profileInWork, type PartitionProfiles } from '../src/partition-profiles.ts'
import { readSubjectRisks } from '../src/risk-store.ts'
import { schema } from '../src/schema.ts'
import { followReferences } from '../src/scoring/follow-references.ts'
import { openLearnedModels } from '../src/scoring/learned-models.ts'
import { readReferenceStandings } from '../src/scoring/reference-store.ts'
import { openShownReferences } from '../src/scoring/shown-references.ts'
import { modelLoaders, type ServableModel } from '../src/scoring/servable-model.ts'
import { scoringStage } from '../src/stage.ts'
import { createSubjectBudget } from '../src/subject-budget.ts'

const topic = eventAssessed.topic
const [tenantId, otherTenant] = ['acme', 'globex']
const hourMs = 3_600_000
const viewers = 12

/** Every viewer does something every hour; from the second day on they access more and more records. */
function assessed(hours: number): Received<EventAssessed>[] {
  const random = seededRandom(4)
  return Array.from({ length: hours * viewers }, (_, n) => {
    const hour = Math.floor(n / viewers)
    const time = new Date(Date.UTC(2026, 2, 1) + hour * hourMs + (n % viewers) * 1_000).toISOString()
    const subject = `viewer-${n % viewers}`
    const data = { records: 1 + random.below(20 + 4 * Math.max(0, hour - 24)), attempts: 1 }
    const event = { id: `e-${n}`, source: '/app', type: `com.ott.${random.below(3) === 0 ? 'signin.failed' : 'personal-data.exported'}.v1`, time, data }
    const built = buildEvent(eventAssessed, { id: `assessed-${n}`, subject, time, tenantid: tenantId, data: { event, receivedAt: time, ruleSetVersion: 'test-1', findings: [] } })
    const record = { topic, partition: 0, offset: BigInt(n), timestampMs: 0, key: `${tenantId}:${subject}`, value: null, headers: {} }
    return { record, event: built, tenantId, subject, time, id: built.id, traceparent: undefined }
  })
}
const events = assessed(96)

let admin: TestDatabase
let database: Database
let servable: ServableModel
beforeAll(async () => {
  admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const urls = await provision({ adminUrl: admin.url, schemas: [schema], passwords: testPasswords(['ml-scoring']) })
  database = openDatabase({ url: urls['ml-scoring'] ?? '', poolMax: 4, applicationName: 'test' })
  const hours = collectViewerHours({ rowsMax: 500, viewersMax: 100, seed: 1, labels: [] })
  for (const { subject, event } of events.slice(0, 48 * viewers)) hours.add({ ...event.data.event, subject, findingsCount: 0 })
  const fitted = fitEnsemble(hours.finish().rows, { seed: 1, falseAlarmRate: 0.05, neighbourRows: 64 })
  servable = await modelLoaders.get('ensemble')!({ bytes: fitted.toBytes(), metadata: {} })
})
afterAll(async () => {
  await database?.close()
  await admin?.drop()
})
beforeEach(async () => {
  for (const table of ['reference_windows', 'subject_profiles', 'baselines', 'snapshot_positions', 'series_counts']) await admin.query(`delete from ml_scoring.${table}`)
})

/** A process: what it holds is its own, the database is everybody's. */
function aProcess(version = () => 1) {
  const renewals: number[] = []
  const store = createProfileStore({ database, tenantIds: () => [tenantId, otherTenant], snapshotIntervalMs: 1_000, budget: createSubjectBudget(1_000) })
  const learned = openLearnedModels({
    modelsOf: (_tenant, model) => ({ champion: model === 'risk-ensemble' ? { version: version(), kind: 'ensemble', sha256: '5eed5eed', metrics: {}, servable } : undefined, challengers: [] }),
    comparisons: { add: () => undefined },
    spreads: { add: () => undefined },
    follower: followReferences({ onRenewed: (_tenant, share) => void renewals.push(share) }),
    shown: openShownReferences(database),
    thresholdOf: () => 0.7,
  })
  const stage = scoringStage(store, learned)
  return {
    store,
    learned,
    renewals,
    /** In batches of as many; the scores of the detectors. */
    async work(memory: PartitionProfiles, some: readonly Received<EventAssessed>[], batchSize: number) {
      const scores: (number | undefined)[] = []
      for (let from = 0; from < some.length; from += batchSize) {
        const batch = some.slice(from, from + batchSize)
        const { decided, failure } = decideBatch(stage, batch, await stage.load(batch, undefined, memory))
        expect(failure).toBeUndefined()
        for (const { decision } of decided) {
          const { risk } = decision.emits[0]!.data as { risk: { models?: { model: string; score: number }[] } }
          scores.push(risk.models?.find(({ model }) => model === 'risk-ensemble')?.score)
        }
      }
      return scores
    },
  }
}
type Restored = { readonly memory: PartitionProfiles }
const position = (next: number) => ({ nextOffset: BigInt(next), sources: {} })

test('the reference moves as viewers do, by no more than its share a day, and changes what the champion says', async () => {
  const { store, work, renewals } = aProcess()
  const { memory }: Restored = await store.restore(topic, 0)
  const scores = await work(memory, events, 100)
  const reference = memory.references.byTenant.get(tenantId)!
  expect(reference.added.length).toBeGreaterThan(6)
  expect(reference.replaced).toBeLessThanOrEqual(4 * 6)
  expect(renewals.at(-1)).toBeCloseTo(reference.added.length / 64, 9)
  if (servable.use !== 'detectors') throw new Error('detectors are served')
  const frozen = openLearnedModels({
    modelsOf: (_tenant, model) => ({ champion: model === 'risk-ensemble' ? { version: 1, kind: 'ensemble', sha256: '', metrics: {}, servable: { ...servable, moving: undefined } as ServableModel } : undefined, challengers: [] }),
    ...{ comparisons: { add: () => undefined }, spreads: { add: () => undefined }, follower: followReferences({ onRenewed: () => undefined }), shown: openShownReferences(database), thresholdOf: () => 0.7 },
  })
  const still = scoringStage(store, frozen)
  const { memory: other }: Restored = await store.restore(topic, 1)
  const facts = await still.load(events, undefined, other)
  const asFitted = decideBatch(still, events, facts).decided.map(({ decision }) => (decision.emits[0]!.data as { risk: { models: { score: number }[] } }).risk.models.at(-1)!.score)
  expect(scores.slice(0, 20)).toEqual(asFitted.slice(0, 20))
  expect(scores.slice(-100)).not.toEqual(asFitted.slice(-100))
})

test('however events come in batches, however often a process ends and another goes on from its snapshot, each event gets the score of an undisturbed run', async () => {
  const undisturbed = aProcess()
  const { memory }: Restored = await undisturbed.store.restore(topic, 0)
  const expected = await undisturbed.work(memory, events, 1)
  const reference = memory.references.byTenant.get(tenantId)

  const scores: (number | undefined)[] = []
  const cuts = [0, 260, 300, 555, 801, events.length]
  for (const [index, from] of cuts.slice(0, -1).entries()) {
    const next = aProcess()
    const { memory: held }: Restored = await next.store.restore(topic, 2)
    scores.push(...(await next.work(held, events.slice(from, cuts[index + 1]), 97)))
    await next.store.snapshot(topic, 2, held, position(cuts[index + 1]!))
    // What comes after the snapshot and is lost with the process leaves no trace.
    await next.work(held, events.slice(cuts[index + 1], cuts[index + 1]! + 50), 50)
    if (index === cuts.length - 2) expect(held.references.byTenant.get(tenantId)).toEqual(reference)
  }
  expect(scores).toEqual(expected)
})

test('what could not be written is in the next snapshot, and what did not change keeps its rows', async () => {
  const { store, work } = aProcess()
  const { memory }: Restored = await store.restore(topic, 0)
  await work(memory, events.slice(0, 600), 100)
  await admin.query('alter table ml_scoring.reference_windows rename to away')
  await expect(store.snapshot(topic, 0, memory, position(600))).rejects.toThrow('does not exist')
  await admin.query('alter table ml_scoring.away rename to reference_windows')
  await store.snapshot(topic, 0, memory, position(600))
  await work(memory, events.slice(600, 610), 10)
  const before = memory.references.byTenant.get(tenantId)!.added
  await store.snapshot(topic, 0, memory, position(610))
  const { memory: restored }: Restored = await store.restore(topic, 0)
  expect(restored.references.byTenant.get(tenantId)).toEqual(memory.references.byTenant.get(tenantId))
  expect(restored.references.byTenant.get(tenantId)!.added).toEqual(before)
  expect(before.length).toBeGreaterThan(0)
})

test('another version begins from the reference of its own', async () => {
  let version = 1
  const { store, work } = aProcess(() => version)
  const { memory }: Restored = await store.restore(topic, 0)
  await work(memory, events.slice(0, 700), 100)
  expect(memory.references.byTenant.get(tenantId)!.added.length).toBeGreaterThan(0)
  version = 2
  const event = events[700]!
  const [score] = await work(memory, [event], 1)
  expect(memory.references.byTenant.get(tenantId)).toMatchObject({ version: 2, added: [], replaced: 0, renewedAtMs: null })
  const profile = profileInWork(memory, event)!
  if (servable.use !== 'detectors') throw new Error('detectors are served')
  expect(score).toBe(servable.scoreRow(windowedFactorsOf(profile, profile.clockMs)))
})

test("a tenant's standing is told to it alone, by partition", async () => {
  const { store, work } = aProcess()
  const { memory }: Restored = await store.restore(topic, 0)
  await work(memory, events, 100)
  await store.snapshot(topic, 0, memory, position(events.length))
  const { added, replaced, renewedAtMs } = memory.references.byTenant.get(tenantId)!
  expect(await readReferenceStandings(database, tenantId)).toEqual([{ partition: 0, version: 1, addedRows: added.length, replacedRows: replaced, renewedAt: new Date(renewedAtMs!) }])
  expect(await readReferenceStandings(database, otherTenant)).toEqual([])
})

test("a viewer's risk is shown by the reference of its partition, in any process, as its last event was scored", async () => {
  const { store, work } = aProcess()
  const { memory }: Restored = await store.restore(topic, 0)
  const scores = await work(memory, events, 100)
  await store.snapshot(topic, 0, memory, position(events.length))
  const { subject } = events.at(-1)!
  const elsewhere = aProcess()
  const shownScore = async () => {
    const known = await readSubjectRisks(database, elsewhere.learned, tenantId, [subject], 1)
    return known.get(subject)!.risk.models!.find(({ model }) => model === 'risk-ensemble')!.score
  }
  expect(await shownScore()).toBe(scores.at(-1))
  expect(await shownScore()).toBe(scores.at(-1))
  const asFitted = aProcess(() => 2)
  const { risk } = (await readSubjectRisks(database, asFitted.learned, tenantId, [subject], 1)).get(subject)!
  expect(risk.models!.find(({ model }) => model === 'risk-ensemble')!.score).not.toBe(scores.at(-1))
})
