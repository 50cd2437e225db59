import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { binValues } from '@ott/anomaly/drift/value-bins'
import { windowedFactors } from '@ott/anomaly/factor-windows'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { inboundTopicOf } from '@ott/contracts/topics'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import type { OutboundRecord } from '@ott/pipeline/record'
import { startLiveSpreads, type LiveSpreads } from '../src/drift/live-spreads.ts'
import { readLiveSpreads, readReports, setTrainsOnDrift } from '../src/drift/drift-store.ts'
import type { DriftReport } from '../src/drift/judge-drift.ts'
import { watchDrift } from '../src/drift/watch-drift.ts'
import type { ReferenceSpread, ServableModel } from '../src/scoring/servable-model.ts'
import { listTrainings } from '../src/training/training-run-store.ts'
import { registryPlaces, until, type RegistryPlaces } from './registry-fixture.ts'

let places: RegistryPlaces
beforeAll(async () => {
  places = await registryPlaces()
})
afterAll(async () => {
  await places?.[Symbol.asyncDispose]()
})
beforeEach(() => places.admin.query('truncate ml_scoring.live_spreads, ml_scoring.drift_reports, ml_scoring.drift_settings, ml_scoring.leaders, ml_scoring.training_runs'))

const nowMs = Date.parse('2026-03-02T12:00:00Z')
const random = seededRandom(1)
const normal = (count: number, shift = 0) => Float64Array.from({ length: count }, () => shift + random.normal())
const reference: ReferenceSpread = { columns: windowedFactors.map(() => binValues(normal(5_000))), scores: binValues(normal(5_000)) }
const model: ServableModel = { use: 'detectors', isSupervised: false, reference, scoreRow: () => 0, attribute: (row) => row }
const first = { tenantId: 'acme', model: 'risk-ensemble', version: 1 }

function spreads(): LiveSpreads {
  return startLiveSpreads({ database: places.database, intervalMs: 3_600_000, onFault: () => undefined })
}

/** Rows like those of the training, but for one column. */
async function meet(count: number, shift: number, column = 3): Promise<void> {
  const live = spreads()
  for (let n = 0; n < count; n += 1) live.add(first, reference, normal(windowedFactors.length).map((value, at) => (at === column ? value + shift : value)), random.normal(), nowMs)
  await live.flush()
  await live.stop()
}

/** Looks until it has reported so often. */
async function watched(reports = 1, served: ServableModel | undefined = model): Promise<{ readonly published: OutboundRecord[]; readonly reports: DriftReport[]; readonly faults: string[] }> {
  const told = { published: [] as OutboundRecord[], reports: [] as DriftReport[], faults: [] as string[] }
  const watch = watchDrift({
    database: places.database,
    bus: { publish: async (records) => void told.published.push(...records) },
    tenants: () => ['globex', 'acme'],
    modelsOf: (tenantId) => ({ champion: tenantId === 'acme' && served !== undefined ? { version: 1, kind: 'ensemble', sha256: '', metrics: {}, servable: served } : undefined, challengers: [] }),
    intervalMs: 10,
    leaseMs: 60_000,
    nowMs: () => nowMs,
    onReport: (_tenant, report) => told.reports.push(report),
    onFault: (error) => told.faults.push(String(error)),
  })
  await until(() => told.reports.length >= reports || (reports === 0 && watch.isLeader()))
  await watch.stop()
  return told
}

test('what processes count adds up, and a row lies in one bin of each column and of the scores', async () => {
  const [one, other] = [spreads(), spreads()]
  for (let n = 0; n < 30; n += 1) (n % 3 === 0 ? one : other).add(first, reference, normal(windowedFactors.length), 0.1, nowMs)
  await Promise.all([one.flush(), other.flush()])
  await other.stop()
  one.add(first, reference, normal(windowedFactors.length), 0.1, nowMs)
  await one.flush()
  await one.stop()
  const live = await readLiveSpreads(places.database, 'acme', 'risk-ensemble', 1, '2026-03-01')
  expect(live.size).toBe(windowedFactors.length + 1)
  for (const counts of live.values()) expect(counts.reduce((sum, count) => sum + count, 0)).toBe(31)
  expect((await readLiveSpreads(places.database, 'globex', 'risk-ensemble', 1, '2026-03-01')).size).toBe(0)
  expect((await readLiveSpreads(places.database, 'acme', 'risk-ensemble', 2, '2026-03-01')).size).toBe(0)
})

test('a feature that moved is reported and told once, as an event that ingest takes, however often it is looked', async () => {
  await meet(500, 1.5)
  const { published, reports } = await watched(3)
  const drifted = reports[0]!.columns.filter(({ drifts }) => drifts.length > 0)
  expect(drifted.map(({ feature }) => feature)).toEqual([`${windowedFactors[3]!.name}.${windowedFactors[3]!.window}`])
  expect(published.map(({ topic }) => topic)).toEqual([inboundTopicOf('acme'), inboundTopicOf('acme')])
  const events = published.map(({ value }) => JSON.parse(String(value)) as { data: object })
  expect(events.map(({ data }) => data)).toMatchObject([{ measure: 'psi', version: '1' }, { measure: 'ks', version: '1' }])
  for (const event of events) expect(checkViewerEvent(event, nowMs)).toMatchObject({ ok: true })
  expect((await readReports(places.database, 'acme', 'risk-ensemble', 10)).map(({ day }) => day)).toEqual(['2026-03-02'])
  // Another leader, later the same day.
  expect((await watched()).published).toEqual([])
})

test('viewers like those of the training are reported as such, and nothing is told', async () => {
  await meet(500, 0)
  const { published, reports } = await watched()
  expect(published).toEqual([])
  expect(reports[0]!.columns.flatMap(({ drifts }) => drifts)).toEqual([])
})

test('a drift queues one training where the tenant asked for it, and none where it did not', async () => {
  await meet(500, 1.5)
  await watched(2)
  const page = { limit: 10, after: undefined }
  expect(await listTrainings(places.database, 'acme', 'risk-ensemble', page)).toEqual([])
  await setTrainsOnDrift(places.database, 'acme', 'risk-ensemble', true, 'k-1')
  await watched(3)
  expect(await listTrainings(places.database, 'acme', 'risk-ensemble', page)).toMatchObject([{ requestedBy: 'drift', status: 'queued' }])
})

test('a champion that brought no reference is left alone', async () => {
  await meet(500, 1.5)
  const { reports, faults } = await watched(0, { ...model, reference: undefined } as ServableModel)
  expect([reports, faults]).toEqual([[], []])
})
