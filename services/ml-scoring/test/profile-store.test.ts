import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { priorBaseline } from '@ott/anomaly/baseline'
import type { RiskProfile } from '@ott/anomaly/risk-profile'
import { TransientError } from '@ott/pipeline/errors'
import type { SnapshotPosition } from '@ott/pipeline/define-stage'
import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { changeBaseline, changeProfile, profileInWork, takeUp, type PartitionProfiles, type Viewer } from '../src/partition-profiles.ts'
import { createProfileStore, type ProfileStore } from '../src/profile-store.ts'
import { schema } from '../src/schema.ts'
import { nothingLearned } from '../src/scoring/event-models.ts'
import { scoreEvent } from '../src/stage.ts'
import { createSubjectBudget } from '../src/subject-budget.ts'
import { failedSignIn } from './assessed-fixture.ts'

const topic = 'events.assessed.v1'
let admin: TestDatabase
let database: Database
let store: ProfileStore
beforeAll(async () => {
  admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const urls = await provision({ adminUrl: admin.url, schemas: [schema], passwords: testPasswords(['ml-scoring']) })
  database = openDatabase({ url: urls['ml-scoring'] ?? '', poolMax: 4, applicationName: 'test' })
  store = createProfileStore({ database, tenantIds: () => ['acme', 'globex'], snapshotIntervalMs: 1_000, budget: createSubjectBudget(1_000) })
})
afterAll(async () => {
  await database?.close()
  await admin?.drop()
})
beforeEach(() => admin.query('truncate ml_scoring.subject_profiles, ml_scoring.baselines, ml_scoring.snapshot_positions'))

const position = (nextOffset: bigint): SnapshotPosition => ({ nextOffset, sources: { 'events.accepted.v1/0': '7' } })

/** Folds one event of a viewer into a memory, as the stage does. */
function fold(memory: PartitionProfiles, n: number, viewer: Partial<Viewer> = {}): void {
  const { tenantId = 'acme', subject = 'viewer-1' } = viewer
  const { state } = scoreEvent(failedSignIn(n, { tenantId, subject }), {
    profile: profileInWork(memory, { tenantId, subject }),
    baseline: memory.baselines.get(tenantId) ?? priorBaseline,
    models: nothingLearned,
  })
  if (state === undefined) throw new Error('a scored event always leaves a profile')
  changeProfile(memory, { tenantId, subject, profile: state.profile })
  changeBaseline(memory, tenantId, state.baseline)
}

/** As a row has it, whoever holds the partition. */
async function profileOf(subject: string, tenantId = 'acme') {
  const [row] = await database.transaction([tenantId], (sql) =>
    sql.query<{ profile: RiskProfile }>('select profile from ml_scoring.subject_profiles where tenant_id = $1 and subject = $2', [tenantId, subject]),
  )
  return row?.profile
}

test('a partition that was never snapshotted begins with nothing', async () => {
  const { memory, position: at } = await store.restore(topic, 0)
  expect([at, memory.idle.size, memory.baselines.size]).toEqual([undefined, 0, 0])
  expect(await store.fetch(memory.holding, [{ tenantId: 'acme', subject: 'nobody' }])).toEqual([{ tenantId: 'acme', subject: 'nobody', profile: undefined }])
})

test('what was snapshotted is restored as it was, with how far it goes', async () => {
  const { memory } = await store.restore(topic, 0)
  fold(memory, 1)
  fold(memory, 2)
  fold(memory, 3, { tenantId: 'globex' })
  const before = structuredClone({ profiles: memory.changed, baselines: memory.baselines })
  await store.snapshot(topic, 0, memory, position(4n))
  expect([memory.changed.size, memory.writing.size, memory.changedBaselines.size]).toEqual([0, 0, 0])

  const restored = await store.restore(topic, 0)
  expect(restored.position).toEqual(position(4n))
  expect(JSON.stringify([...restored.memory.baselines].sort())).toBe(JSON.stringify([...before.baselines].sort()))
  for (const tenantId of ['acme', 'globex']) {
    expect(JSON.stringify(await profileOf('viewer-1', tenantId))).toBe(JSON.stringify(before.profiles.get(`${tenantId}:viewer-1`)?.profile))
  }
})

test('an older snapshot never overwrites a later one', async () => {
  const { memory } = await store.restore(topic, 0)
  fold(memory, 1)
  const older = structuredClone(memory)
  fold(memory, 2)
  await store.snapshot(topic, 0, memory, position(3n))
  const kept = await profileOf('viewer-1')
  await expect(store.snapshot(topic, 0, older, position(2n))).rejects.toThrow('belong')
  expect(await profileOf('viewer-1')).toEqual(kept)
  expect((await store.restore(topic, 0)).position).toEqual(position(3n))
})

test('who lost the partition can not write any more, however far it has come; its successor can', async () => {
  const lost = await store.restore(topic, 0)
  fold(lost.memory, 1)
  await store.snapshot(topic, 0, lost.memory, position(2n))
  const kept = await profileOf('viewer-1')
  const owner = await store.restore(topic, 0)
  fold(lost.memory, 2)
  await expect(store.snapshot(topic, 0, lost.memory, position(9n))).rejects.toThrow('belong')
  expect(await profileOf('viewer-1')).toEqual(kept)
  takeUp(owner.memory, await store.fetch(owner.memory.holding, [{ tenantId: 'acme', subject: 'viewer-1' }]))
  fold(owner.memory, 2)
  await store.snapshot(topic, 0, owner.memory, position(3n))
  expect(await profileOf('viewer-1')).not.toEqual(kept)
})

test('who lost the partition reads no profile any more: it may hold events that this holder has yet to work on', async () => {
  const lost = await store.restore(topic, 0)
  fold(lost.memory, 1)
  await store.snapshot(topic, 0, lost.memory, position(2n))
  const owner = await store.restore(topic, 0)
  const other = await store.restore(topic, 1)
  const wanted = [{ tenantId: 'acme', subject: 'viewer-1' }]
  const asked = await Promise.allSettled([lost, owner, other].map(({ memory }) => store.fetch(memory.holding, wanted)))
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  expect(asked[0]).toMatchObject({ reason: expect.any(TransientError) })
})

test('a profile that was written before there were windows is read and goes on', async () => {
  const { memory } = await store.restore(topic, 0)
  fold(memory, 1)
  await store.snapshot(topic, 0, memory, position(2n))
  await admin.query("update ml_scoring.subject_profiles set profile = (profile::jsonb - 'windows' - 'seen' - 'recent')::json, snapshot_at = null")
  const { memory: next } = await store.restore(topic, 0)
  takeUp(next, await store.fetch(next.holding, [{ tenantId: 'acme', subject: 'viewer-1' }]))
  fold(next, 2)
  await store.snapshot(topic, 0, next, position(3n))
  expect(await profileOf('viewer-1')).toMatchObject({ seen: { events: 1, hours: 1 } })
})

test('partitions have positions and baselines of their own', async () => {
  const { memory } = await store.restore(topic, 0)
  fold(memory, 1)
  await store.snapshot(topic, 0, memory, position(2n))
  const other = await store.restore(topic, 1)
  expect([other.position, other.memory.baselines.size]).toEqual([undefined, 0])
})

test('two lanes that ask at the same time each get the profiles they asked for', async () => {
  const { memory } = await store.restore(topic, 0)
  fold(memory, 1, { subject: 'a' })
  fold(memory, 2, { subject: 'b' })
  await store.snapshot(topic, 0, memory, position(3n))
  const { holding } = memory
  const [one, two] = await Promise.all([store.fetch(holding, [{ tenantId: 'acme', subject: 'b' }, { tenantId: 'acme', subject: 'x' }]), store.fetch(holding, [{ tenantId: 'acme', subject: 'a' }])])
  expect([one.map(({ subject, profile }) => [subject, profile !== undefined]), two.map(({ subject, profile }) => [subject, profile !== undefined])]).toEqual([[['b', true], ['x', false]], [['a', true]]])
})

test("a tenant's viewer is not another tenant's viewer of the same name", async () => {
  const { memory } = await store.restore(topic, 0)
  fold(memory, 1)
  await store.snapshot(topic, 0, memory, position(2n))
  expect(await profileOf('viewer-1', 'globex')).toBeUndefined()
})

test('what changes while a snapshot is written is not in it, and is in the next', async () => {
  const { memory } = await store.restore(topic, 0)
  fold(memory, 1)
  const first = structuredClone(memory.changed.get('acme:viewer-1')?.profile)
  const writing = store.snapshot(topic, 0, memory, position(2n))
  fold(memory, 2)
  const second = structuredClone(memory.changed.get('acme:viewer-1')?.profile)
  await writing
  expect(await profileOf('viewer-1')).toEqual(first)
  await store.snapshot(topic, 0, memory, position(3n))
  expect(await profileOf('viewer-1')).toEqual(second)
})

test('what a snapshot could not write is in the next', async () => {
  const { memory } = await store.restore(topic, 0)
  fold(memory, 1)
  await admin.query('alter table ml_scoring.subject_profiles rename to away')
  const failing = store.snapshot(topic, 0, memory, position(2n))
  fold(memory, 2, { subject: 'viewer-2', tenantId: 'globex' })
  await expect(failing).rejects.toThrow('does not exist')
  await admin.query('alter table ml_scoring.away rename to subject_profiles')
  await store.snapshot(topic, 0, memory, position(3n))
  expect(await profileOf('viewer-1')).toBeDefined()
  expect(await profileOf('viewer-2', 'globex')).toBeDefined()
  expect((await store.restore(topic, 0)).memory.baselines.size).toBe(2)
})
