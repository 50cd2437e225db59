import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { windowedFactorNames, windowedFactors } from '@ott/anomaly/factor-windows'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { setLabel } from '../src/labels/label-store.ts'
import { openModelRegistry, type ModelRegistry } from '../src/registry/model-registry.ts'
import { readVersions } from '../src/registry/model-store.ts'
import { modelLoaders, type ServableModel } from '../src/scoring/servable-model.ts'
import type { ModelTrainer } from '../src/training/model-trainer.ts'
import { riskEnsembleTrainer } from '../src/training/risk-ensemble/risk-ensemble-trainer.ts'
import { runTraining, type RunTrainingOptions } from '../src/training/run-training.ts'
import { seasonalTrainer } from '../src/training/seasonal/seasonal-trainer.ts'
import { sequenceRiskTrainer } from '../src/training/sequence-risk/sequence-risk-trainer.ts'
import { claimTraining, createTraining, readTraining, type ClaimedTraining } from '../src/training/training-run-store.ts'
import { historySchemas, keepLived, type LivedEvent } from './history-stand-in.ts'
import { registryPlaces, type RegistryPlaces } from './registry-fixture.ts'

let places: RegistryPlaces
let registry: ModelRegistry
beforeAll(async () => {
  places = await registryPlaces(historySchemas)
  registry = openModelRegistry({ database: places.database, store: places.store, announce: async () => undefined })
})
afterAll(async () => {
  await places?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await places.empty()
  await places.admin.query('truncate ml_scoring.training_runs, ml_scoring.labels, ingest.raw_events, violation.processed_events')
})

const startMs = Date.parse('2026-03-02T00:00:00Z')
const dayMs = 86_400_000
const hourMs = 3_600_000
const days = 10

/** Ten days of 60 viewers, an event or a few in most of their hours of the evening; what they do is ordinary. */
function ordinaryLife(seed: number): LivedEvent[] {
  const random = seededRandom(seed)
  const events: LivedEvent[] = []
  for (let day = 0; day < days; day += 1) {
    for (let viewer = 0; viewer < 60; viewer += 1) {
      const hour = 17 + random.below(6)
      const at = (minutes: number) => startMs + day * dayMs + hour * hourMs + minutes * 60_000
      events.push({ type: 'com.ott.playback.started.v1', subject: `v-${viewer}`, atMs: at(random.below(20)), data: { contentId: 'm' } })
      if (random.uniform() < 0.3) events.push({ type: 'com.ott.signin.failed.v1', subject: `v-${viewer}`, atMs: at(21 + random.below(9)), data: { attempts: 1 + random.below(2) } })
      if (random.uniform() < 0.4) events.push({ type: 'com.ott.personal-data.accessed.v1', subject: `v-${viewer}`, atMs: at(31 + random.below(9)), data: { records: 1 + random.below(20) } })
    }
  }
  return events.sort((a, b) => a.atMs - b.atMs)
}

async function queued(model: string, seed = 7, forDays = days): Promise<string> {
  const run = await createTraining(places.database, { tenantId: 'acme', model, requestedBy: 'k-1', seed, from: new Date(startMs), to: new Date(startMs + forDays * dayMs) })
  return run?.id ?? ''
}

async function claimed(leaseMs = 60_000): Promise<ClaimedTraining> {
  // More than once: a worker that is taken for dead may renew its lease in that very moment.
  for (let tries = 0; tries < 100; tries += 1) {
    const run = await claimTraining(places.database, ['acme'], leaseMs)
    if (run !== undefined) return run
  }
  throw new Error('nothing waits')
}

function options(parts: Partial<RunTrainingOptions> = {}): RunTrainingOptions {
  const trainers = new Map<string, ModelTrainer>([riskEnsembleTrainer, sequenceRiskTrainer, seasonalTrainer].map((trainer) => [trainer.model, trainer]))
  const onFault = (error: unknown) => {
    throw error
  }
  return { database: places.database, store: places.store, registry, trainers, codeVersion: async () => 'test', leaseMs: 60_000, onFault, onEnd: () => undefined, ...parts }
}

const never = new AbortController().signal

async function servable(model: string, version: number): Promise<ServableModel> {
  const [registered] = await readVersions(places.database, 'acme', model, [version])
  if (registered === undefined) throw new Error('there is no such version')
  const bytes = await places.store.get('acme', registered)
  return modelLoaders.get(registered.kind)!({ bytes, metadata: registered.metadata })
}

test("a tenant's detectors are trained on its stored events, and what comes of it tells a flood from what its viewers do", async () => {
  await keepLived(places.admin, 'acme', ordinaryLife(1))
  const id = await queued('risk-ensemble')
  await runTraining(await claimed(), options(), never)
  const run = await readTraining(places.database, 'acme', id)
  expect(run).toMatchObject({ status: 'finished', version: 1, codeVersion: 'test', failure: null })
  expect(run?.metrics).toMatchObject({ confirmedLabels: 0, rehearsedAuc: expect.any(Number) })
  expect(run?.metrics?.['rehearsedAuc']).toBeGreaterThan(0.9)
  const [version] = await readVersions(places.database, 'acme', 'risk-ensemble', [1])
  expect(version).toMatchObject({ status: 'candidate', kind: 'ensemble', training: { dataSha256: run?.snapshotHash, seed: 7, codeVersion: 'test', runId: id, validation: { metric: 'rehearsedAuc' } } })

  const model = await servable('risk-ensemble', 1)
  if (model.use !== 'detectors') throw new Error('it is something else')
  const row = new Float64Array(windowedFactors.length)
  const flood = row.map((_, column) => (windowedFactorNames[column]?.startsWith('signInFailures') ? 40 : 0))
  expect(model.scoreRow(flood)).toBeGreaterThan(0.7)
  expect(model.scoreRow(row)).toBeLessThan(0.4)
  expect(model.reference?.columns).toHaveLength(windowedFactors.length)
}, 60_000)

test('a run whose worker was killed after reading goes on with the same data, and the version is the same as undisturbed, and one', async () => {
  await keepLived(places.admin, 'acme', ordinaryLife(1))
  const undisturbed = await queued('risk-ensemble')
  await runTraining(await claimed(), options(), never)
  const second = await queued('risk-ensemble')
  const dead = await claimed(0)
  const dying: ModelTrainer = { ...riskEnsembleTrainer, train: ({ signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))) }
  const death = runTraining(dead, options({ trainers: new Map([['risk-ensemble', dying]]), leaseMs: 0 }), never)
  for (;;) if (typeof (await readTraining(places.database, 'acme', second))?.snapshotHash === 'string') break
  // What happened since can't be in it: the data is kept.
  await places.admin.query('truncate ingest.raw_events')
  await places.admin.query("update ml_scoring.training_runs set lease_until = now() - interval '1 s' where id = $1", [second])
  await runTraining(await claimed(), options(), never)
  // Taken for dead, it notices and writes nothing any more.
  await death
  const [first, other] = [await readTraining(places.database, 'acme', undisturbed), await readTraining(places.database, 'acme', second)]
  expect(other).toMatchObject({ status: 'finished', version: 2, snapshotHash: first?.snapshotHash, metrics: first?.metrics })
  const versions = await readVersions(places.database, 'acme', 'risk-ensemble', [1, 2, 3])
  expect(versions.map(({ sha256 }) => sha256)).toEqual([versions[0]!.sha256, versions[0]!.sha256])
}, 60_000)

test('a run that was killed after its version was registered ends with that version, not with another', async () => {
  await keepLived(places.admin, 'acme', ordinaryLife(2))
  const id = await queued('risk-ensemble')
  await runTraining(await claimed(), options(), never)
  await places.admin.query("update ml_scoring.training_runs set status = 'running', version = null, lease_until = now() - interval '1 s' where id = $1", [id])
  await runTraining(await claimed(), options(), never)
  expect(await readTraining(places.database, 'acme', id)).toMatchObject({ status: 'finished', version: 1 })
  expect(await readVersions(places.database, 'acme', 'risk-ensemble', [1, 2])).toHaveLength(1)
}, 60_000)

test('labels of cases make a head that knows an anomaly which looks ordinary to detectors', async () => {
  const life = ordinaryLife(3)
  const odd = Array.from({ length: 260 }, (_, n): LivedEvent => ({
    type: 'com.ott.consent.changed.v1',
    subject: `odd-${n}`,
    atMs: startMs + (n % days) * dayMs + 12 * hourMs + n * 1_000,
    data: { purpose: 'ads', granted: false },
  }))
  const all = [...life, ...odd].sort((a, b) => a.atMs - b.atMs)
  await keepLived(places.admin, 'acme', all)
  let harmless = 0
  for (const [n, { subject }] of all.entries()) {
    if (subject.startsWith('odd')) await setLabel(places.database, 'acme', { eventId: `e-${n}`, verdict: 'confirmed', note: '', labelledBy: 'k-1' })
    else if (harmless++ < 400) await setLabel(places.database, 'acme', { eventId: `e-${n}`, verdict: 'false-positive', note: '', labelledBy: 'k-1' })
  }
  const id = await queued('risk-ensemble')
  await runTraining(await claimed(), options(), never)
  const run = await readTraining(places.database, 'acme', id)
  expect(run?.status).toBe('finished')
  const [version] = await readVersions(places.database, 'acme', 'risk-ensemble', [1])
  expect(version?.kind).toBe('supervised-ensemble')
  const model = await servable('risk-ensemble', 1)
  if (model.use !== 'detectors') throw new Error('it is something else')
  expect(model.isSupervised).toBe(true)
  const consent = new Float64Array(windowedFactors.length).map((_, column) => (windowedFactorNames[column]?.startsWith('consentChanges') ? 1 : 0))
  expect(model.scoreRow(consent)).toBeGreaterThan(0.7)
}, 60_000)

test('too little data ends the run with a sentence that says how much there was', async () => {
  await keepLived(places.admin, 'acme', ordinaryLife(1).slice(0, 50))
  for (const [model, words] of [['risk-ensemble', 'viewer-hours are too few'], ['seasonal', 'four weeks, are needed'], ['sequence-risk', 'are too few to learn from']] as const) {
    const id = await queued(model)
    await runTraining(await claimed(), options(), never)
    const run = await readTraining(places.database, 'acme', id)
    expect([run?.status, run?.failure]).toEqual(['failed', expect.stringContaining(words)])
  }
}, 60_000)

test('an encoder learns which sequences are followed by breaches, and what is served says so', async () => {
  const random = seededRandom(5)
  const events: LivedEvent[] = []
  for (let viewer = 0; viewer < 400; viewer += 1) {
    const at = (hours: number) => startMs + (viewer % 5) * dayMs + hours * hourMs
    const isBad = random.uniform() < 0.4
    for (let step = 0; step < 4; step += 1) {
      events.push({ type: isBad ? 'com.ott.personal-data.exported.v1' : 'com.ott.playback.started.v1', subject: `v-${viewer}`, atMs: at(step) + random.below(600_000), data: isBad ? { records: 500 } : { contentId: 'm' } })
    }
    events.push({ type: 'com.ott.playback.started.v1', subject: `v-${viewer}`, atMs: at(10), data: { contentId: 'm' }, findings: isBad ? 1 : 0 })
    events.push({ type: 'com.ott.playback.started.v1', subject: `v-${viewer}`, atMs: at(60), data: { contentId: 'm' } })
  }
  await keepLived(places.admin, 'acme', events.sort((a, b) => a.atMs - b.atMs))
  const id = await queued('sequence-risk')
  await runTraining(await claimed(), options(), never)
  const run = await readTraining(places.database, 'acme', id)
  expect([run?.status, run?.failure]).toEqual(['finished', null])
  expect(run?.metrics?.['auc']).toBeGreaterThan(0.9)
  const model = await servable('sequence-risk', 1)
  if (model.use !== 'encoder') throw new Error('it is something else')
  const risks = await model.risksOf(new Float32Array(2 * 24 * 8), 2)
  expect([...risks].every((risk) => risk >= 0 && risk <= 1)).toBe(true)
}, 120_000)

test('a forecaster is trained on the hours of a tenant, chooses the series it serves, and loads', async () => {
  const random = seededRandom(6)
  const weeks = 5
  const events = Array.from({ length: weeks * 7 * 24 }, (_, hour) =>
    Array.from({ length: 1 + random.below(hour % 24 > 17 ? 8 : 2) }, (_event, n): LivedEvent => ({ type: 'com.ott.playback.started.v1', subject: `v-${n}`, atMs: startMs + hour * hourMs + n * 1_000, data: { contentId: 'm' } })),
  ).flat()
  await keepLived(places.admin, 'acme', events)
  const id = await queued('seasonal', 7, weeks * 7)
  await runTraining(await claimed(), options(), never)
  const run = await readTraining(places.database, 'acme', id)
  expect([run?.status, run?.failure]).toEqual(['finished', null])
  expect(run?.metrics).toMatchObject({ series: 1, hours: weeks * 7 * 24 })
  const model = await servable('seasonal', 1)
  if (model.use !== 'forecaster') throw new Error('it is something else')
  expect(Object.keys(model.choices)).toEqual(['events/all'])
}, 120_000)
