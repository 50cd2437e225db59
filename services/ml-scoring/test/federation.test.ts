import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { TransientError } from '@ott/pipeline/errors'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { sharedRounds } from '../src/federation/begin-due-run.ts'
import { closeRound, FederationOvertakenError, readSharedRuns, takeUpRun } from '../src/federation/federation-run-store.ts'
import { leaveFederation } from '../src/federation/membership-store.ts'
import { openModelRegistry, type ModelRegistry } from '../src/registry/model-registry.ts'
import { readVersions } from '../src/registry/model-store.ts'
import type { ModelVersion } from '../src/registry/model-version.ts'
import { modelLoaders } from '../src/scoring/servable-model.ts'
import { TrainingDataError } from '../src/training/model-trainer.ts'
import { federatedSequenceRisk } from '../src/training/sequence-risk/federated-sequence-risk.ts'
import { aMember, attemptsOf, lead, meanAttempts, now, quietTerms, startMs } from './federation-world.ts'
import { historySchemas, keepLived, type LivedEvent } from './history-stand-in.ts'
import { registryPlaces, type RegistryPlaces } from './registry-fixture.ts'

let places: RegistryPlaces
beforeAll(async () => {
  places = await registryPlaces(historySchemas)
})
afterAll(async () => {
  await places?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await places.empty()
  await places.admin.query('truncate ml_scoring.federation_runs, ml_scoring.federation_shares, ml_scoring.federation_members, ingest.raw_events, violation.processed_events')
})

const four = ['acme', 'globex', 'initech', 'umbrella']
const three = four.slice(0, 3)

async function threeMembers(): Promise<void> {
  await aMember(places, 'acme', [1, 1, 1, 1])
  await aMember(places, 'globex', [3, 3])
  await aMember(places, 'initech', [5, 5])
}

async function versionsOf(tenantId: string): Promise<{ versions: ModelVersion[]; learned: number; subjects: readonly string[] }> {
  const versions = await readVersions(places.database, tenantId, 'sequence-risk', [1, 2, 3])
  const bytes = versions[0] === undefined ? Buffer.from('{"subjects":[]}') : await places.store.get(tenantId, versions[0])
  const { learned, subjects } = JSON.parse(Buffer.from(bytes).toString()) as { learned: number; subjects: string[] }
  return { versions, learned, subjects }
}
const shareOf = async (tenantId: string) => (await readSharedRuns(places.database, tenantId, 'sequence-risk'))[0]

test('members end with the weights that their data together lead to, each in a candidate of its own, and no event of one reaches another', async () => {
  await threeMembers()
  const read: string[][] = []
  const federated = { ...meanAttempts, update: (...given: Parameters<typeof meanAttempts.update>) => (read.push([...attemptsOf(given[0].data).subjects]), meanAttempts.update(...given)) }
  expect(await lead(places, four, { federated })).toEqual({ rounds: [1, 2, 3].map((round) => ({ round, members: 3, epsilon: Infinity })), ended: ['finished'] })
  // Members weigh as much as the events they have: the mean of all eight is 2.5, and three rounds go 7/8 of the way.
  for (const [place, tenantId] of three.entries()) {
    const { versions, learned, subjects } = await versionsOf(tenantId)
    expect(learned).toBeCloseTo((2.5 * 7) / 8, 6)
    expect([...new Set(subjects.map((subject) => subject.replace(/-\d+$/, '')))]).toEqual([tenantId])
    expect(read[place]).toEqual(subjects)
    expect(versions).toMatchObject([{ status: 'candidate', createdBy: 'federation', metadata: { note: 'kept', federation: { rounds: 3, members: 3, noiseMultiplier: 0, epsilon: null } } }])
    expect(await shareOf(tenantId)).toMatchObject({ share: 'finished', status: 'finished', rounds: 3, version: 1 })
  }
  expect(await shareOf('umbrella')).toBeUndefined()
  // The weights in common aren't kept longer than they are needed.
  expect(await places.admin.query('select learned from ml_scoring.federation_runs')).toEqual([{ learned: null }])
})

test('a run begins when its turn has come, and once', async () => {
  await threeMembers()
  expect((await lead(places, four, { at: new Date(startMs + 3_600_000) })).ended).toEqual([])
  expect((await lead(places, four)).ended).toEqual(['finished'])
  expect((await lead(places, four)).ended).toEqual([])
  expect((await lead(places, four, { at: new Date(now.getTime() + 86_400_000) })).ended).toEqual(['finished'])
  expect((await versionsOf('acme')).versions.map(({ version }) => version)).toEqual([1, 2])
})

test('two members are too few, since each could tell what the other learned; they are told so, and nobody how many there are', async () => {
  await aMember(places, 'acme', [1])
  await aMember(places, 'globex', [3])
  await lead(places, four)
  for (const tenantId of ['acme', 'globex']) expect(await shareOf(tenantId)).toMatchObject({ status: 'failed', share: 'left-out', reason: 'fewer than 3 tenants could take part', rounds: 0 })
  expect((await versionsOf('acme')).versions).toEqual([])
})

test('nobody shares more than its bound allows, whatever it shared before', async () => {
  const noisy = { ...quietTerms, rounds: 1, noiseMultiplier: 4 }
  await threeMembers()
  // One round at noise 4 comes to 0.926 at a delta of 1e-5, two to 1.38.
  await aMember(places, 'umbrella', [9], 1.3)
  await lead(places, four, { terms: noisy })
  expect(await shareOf('umbrella')).toMatchObject({ share: 'finished', rounds: 1 })
  expect((await versionsOf('umbrella')).versions[0]?.metadata).toMatchObject({ federation: { epsilon: expect.closeTo(0.926, 3) } })
  await lead(places, four, { terms: noisy, at: new Date(now.getTime() + 86_400_000) })
  expect(await shareOf('umbrella')).toMatchObject({ share: 'left-out', status: 'finished', reason: expect.stringContaining('above its bound of 1.3'), rounds: 0 })
  expect(await sharedRounds(places.database, 'umbrella', 'sequence-risk')).toEqual([{ rounds: 0, noiseMultiplier: 4 }, { rounds: 1, noiseMultiplier: 4 }])
  // Without noise no bound holds.
  await lead(places, four, { at: new Date(now.getTime() + 2 * 86_400_000) })
  expect(await shareOf('umbrella')).toMatchObject({ share: 'left-out', reason: expect.stringContaining('more than any bound') })
})

test('no member moves the weights further than the clip allows', async () => {
  await threeMembers()
  await aMember(places, 'umbrella', [1e6])
  await lead(places, four, { terms: { ...quietTerms, clipNorm: 0.1 } })
  expect((await versionsOf('acme')).learned).toBeLessThanOrEqual(0.3 + 1e-6)
})

test('a run that was interrupted anywhere goes on where it was: no round counts twice, nobody has two versions', async () => {
  await threeMembers()
  for (let calls = 1; ; calls += 1) {
    // Interrupted at the first step that computes, then at the second, and so on: as often as it takes.
    const stop = new AbortController()
    let left = 1
    const interrupted = <Order, Watch, Result>(step: (order: Order, watch: Watch) => Promise<Result>) => async (order: Order, watch: Watch) => {
      if (left === 0) {
        stop.abort(new Error('told to stop'))
        stop.signal.throwIfAborted()
      }
      left -= 1
      return step(order, watch)
    }
    if (calls % 4 === 0) left = 3
    const federated = { ...meanAttempts, update: interrupted(meanAttempts.update), finish: interrupted(meanAttempts.finish) }
    const led = await lead(places, four, { federated, signal: stop.signal }).catch(() => undefined)
    if (led !== undefined) break
    expect(calls).toBeLessThan(60)
  }
  for (const tenantId of three) {
    const { versions, learned } = await versionsOf(tenantId)
    expect([versions.length, learned]).toEqual([1, expect.closeTo((2.5 * 7) / 8, 6)])
    expect(await shareOf(tenantId)).toMatchObject({ share: 'finished', rounds: 3 })
  }
})

test('a leader that is killed between a registration and its note registers nothing twice', async () => {
  await threeMembers()
  const registry = openModelRegistry({ database: places.database, store: places.store, announce: async () => undefined })
  const killed = { register: async (...given: Parameters<ModelRegistry['register']>) => {
    await registry.register(...given)
    throw new TransientError('killed')
  } }
  for (const _member of three) await expect(lead(places, four, { registry: killed })).rejects.toThrow('killed')
  expect((await lead(places, four)).ended).toEqual(['finished'])
  for (const tenantId of three) {
    expect((await versionsOf(tenantId)).versions).toHaveLength(1)
    expect(await shareOf(tenantId)).toMatchObject({ share: 'finished', version: 1 })
  }
})

test('every round learns from what was there when the run began', async () => {
  await threeMembers()
  let rounds = 0
  const federated = { ...meanAttempts, async update(...given: Parameters<typeof meanAttempts.update>) {
    if (rounds > 0) await places.admin.query('truncate ingest.raw_events')
    return meanAttempts.update(...given)
  } }
  await lead(places, four, { federated, onRound: () => void (rounds += 1) })
  expect((await versionsOf('acme')).learned).toBeCloseTo((2.5 * 7) / 8, 6)
})
test('a store that is away for a while is waited for; what always fails ends the run', async () => {
  await threeMembers()
  const failing = (error: Error) => ({ ...meanAttempts, update: () => Promise.reject(error) })
  for (let tries = 0; tries < 8; tries += 1) await expect(lead(places, four, { federated: failing(new TransientError('away')) })).rejects.toThrow('away')
  for (let tries = 0; tries < 5; tries += 1) await expect(lead(places, four, { federated: failing(new Error('broken')) })).rejects.toThrow('broken')
  expect((await lead(places, four)).ended).toEqual(['failed: gave up after 5 tries without progress'])
  expect(await shareOf('acme')).toMatchObject({ share: 'left-out', reason: 'gave up after 5 tries without progress' })
})

test('who leaves while it runs takes no further part and gets nothing; with fewer than three it ends', async () => {
  let leaving: Promise<boolean> | undefined
  await threeMembers()
  await aMember(places, 'umbrella', [9, 9])
  const led = await lead(places, four, {
    onRound: (_run, { round }) => {
      if (round === 1) leaving = leaveFederation(places.database, 'umbrella', 'sequence-risk')
    },
    federated: { ...meanAttempts, update: async (...given) => (await leaving, meanAttempts.update(...given)) },
  })
  expect(led.ended).toEqual(['finished'])
  expect(await shareOf('umbrella')).toMatchObject({ share: 'left-out', reason: 'it left the federation', rounds: expect.any(Number), version: null })
  expect((await shareOf('umbrella'))?.rounds).toBeLessThan(3)
  expect((await versionsOf('umbrella')).versions).toEqual([])
  await leaveFederation(places.database, 'acme', 'sequence-risk')
  await lead(places, four, { at: new Date(now.getTime() + 86_400_000) })
  expect(await shareOf('globex')).toMatchObject({ status: 'failed', share: 'left-out' })
})
test('a member whose data teaches nothing is left out with the reason, and the others go on', async () => {
  await threeMembers()
  await aMember(places, 'umbrella', [9])
  const choosy = { ...meanAttempts, update: (...given: Parameters<typeof meanAttempts.update>) => (attemptsOf(given[0].data).attempts.length < 2 ? Promise.reject(new TrainingDataError('1 event is too few')) : meanAttempts.update(...given)) }
  expect((await lead(places, four, { federated: choosy })).ended).toEqual(['finished'])
  expect(await shareOf('umbrella')).toMatchObject({ share: 'left-out', reason: '1 event is too few', rounds: 0 })
})

test('a member whose training goes astray is left out, too: one number that is none would be everybody\'s', async () => {
  await threeMembers()
  await aMember(places, 'umbrella', [9])
  const astray = { ...meanAttempts, async update(...given: Parameters<typeof meanAttempts.update>) {
    const update = await meanAttempts.update(...given)
    return attemptsOf(given[0].data).attempts[0] === 9 ? { ...update, delta: Float32Array.of(NaN) } : update
  } }
  expect((await lead(places, four, { federated: astray })).ended).toEqual(['finished'])
  expect(await shareOf('umbrella')).toMatchObject({ share: 'left-out', reason: 'its training came to weights that are no finite numbers' })
  expect((await versionsOf('acme')).learned).toBeCloseTo((2.5 * 7) / 8, 6)
})

test('a leader that was overtaken changes nothing any more', async () => {
  await threeMembers()
  const overtaking = { ...meanAttempts, update: async (...given: Parameters<typeof meanAttempts.update>) => {
    await places.admin.query('update ml_scoring.federation_runs set round = 2')
    return meanAttempts.update(...given)
  } }
  expect(await lead(places, four, { federated: overtaking })).toEqual({ rounds: [], ended: [] })
  const run = await takeUpRun(places.database, 'sequence-risk')
  await expect(closeRound(places.database, { id: run!.id, round: 0 }, Float32Array.of(1), three)).rejects.toThrow(FederationOvertakenError)
  expect((await shareOf('acme'))?.rounds).toBe(0)
})

test('one encoder of event sequences is learned with several tenants, and each serves it', async () => {
  const random = seededRandom(5)
  for (const tenantId of three) {
    const events: LivedEvent[] = []
    for (let viewer = 0; viewer < 220; viewer += 1) {
      const at = (hours: number) => startMs + (viewer % 5) * 86_400_000 + hours * 3_600_000
      const isBad = random.uniform() < 0.4
      for (let step = 0; step < 4; step += 1) {
        events.push({ type: isBad ? 'com.ott.personal-data.exported.v1' : 'com.ott.playback.started.v1', subject: `v-${viewer}`, atMs: at(step) + random.below(600_000), data: isBad ? { records: 500 } : { contentId: 'm' } })
      }
      events.push({ type: 'com.ott.playback.started.v1', subject: `v-${viewer}`, atMs: at(10), data: { contentId: 'm' }, findings: isBad ? 1 : 0 })
      events.push({ type: 'com.ott.playback.started.v1', subject: `v-${viewer}`, atMs: at(60), data: { contentId: 'm' } })
    }
    await aMember(places, tenantId, [])
    await keepLived(places.admin, tenantId, events.sort((a, b) => a.atMs - b.atMs), tenantId)
  }
  const led = await lead(places, four, { federated: federatedSequenceRisk, terms: { ...quietTerms, rounds: 2, clipNorm: 2 } })
  expect(led.ended).toEqual(['finished'])
  const hashes = new Set<string>()
  for (const tenantId of three) {
    const [version] = await readVersions(places.database, tenantId, 'sequence-risk', [1])
    expect(version).toMatchObject({ kind: 'event-encoder', training: { validation: { metric: 'auc' } } })
    expect(version?.training.metrics['auc']).toBeGreaterThan(0.9)
    hashes.add(version!.sha256)
    const model = await modelLoaders.get('event-encoder')!({ bytes: await places.store.get(tenantId, version!), metadata: version!.metadata })
    if (model.use !== 'encoder') throw new Error('it is something else')
    expect([...(await model.risksOf(new Float32Array(2 * 24 * 8), 2))].every((risk) => risk >= 0 && risk <= 1)).toBe(true)
  }
  expect(hashes.size).toBe(1)
}, 120_000)
