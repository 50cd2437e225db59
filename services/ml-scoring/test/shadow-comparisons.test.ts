import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { ScoredPair } from '../src/registry/compare-scores.ts'
import { readComparisons } from '../src/registry/comparison-store.ts'
import { startShadowComparisons, type ShadowComparisons } from '../src/registry/shadow-comparisons.ts'
import { registryPlaces, until, type RegistryPlaces } from './registry-fixture.ts'

let places: RegistryPlaces
beforeAll(async () => {
  places = await registryPlaces()
})
afterAll(async () => {
  await places?.[Symbol.asyncDispose]()
})
beforeEach(() => places.empty())

const start = (intervalMs = 3_600_000, onFault: (error: unknown) => void = () => undefined): ShadowComparisons =>
  startShadowComparisons({ database: places.database, intervalMs, nowMs: () => Date.parse('2026-03-01T12:00:00Z'), onFault })
const compared = { tenantId: 'acme', model: 'risk-ensemble', challenger: 2, champion: 1 } as const
const pairs = (count: number, champion: number, challenger: number, name = 'e'): ScoredPair[] => Array.from({ length: count }, (_, n) => ({ eventId: `${name}-${n}`, champion, challenger }))
const read = (challenger = 2, tenantId = 'acme') => readComparisons(places.database, tenantId, 'risk-ensemble', challenger)

test('what several processes counted adds up, each champion by itself', async () => {
  const processes = [start(), start(), start()]
  for (const [n, process] of processes.entries()) {
    process.add(compared, pairs(10, 0.2, 0.8, `a${n}`), 0.5)
    process.add(compared, pairs(5, 0.8, 0.2, `b${n}`), 0.5)
    process.add({ ...compared, champion: 3 }, pairs(1, 0.5, 0.5), 0.5)
  }
  await Promise.all(processes.map((process) => process.flush()))
  await Promise.all(processes.map((process) => process.stop()))
  const [first, second] = (await read()).sort((a, b) => a.champion - b.champion)
  expect(first).toMatchObject({ champion: 1, events: 45, onlyChallengerOver: 30, onlyChampionOver: 15, agreement: 0 })
  expect(first?.meanAbsoluteDifference).toBeCloseTo(0.6, 12)
  expect(second).toMatchObject({ champion: 3, events: 3, agreement: 1 })
})

test('it is written by itself, and the rest when the service stops', async () => {
  const comparisons = start(10)
  comparisons.add(compared, pairs(3, 0.1, 0.2), 0.5)
  await until(async () => (await read())[0]?.events === 3)
  comparisons.add(compared, pairs(4, 0.1, 0.2), 0.5)
  await comparisons.stop()
  expect((await read())[0]?.events).toBe(7)
})

test('what the table did not take stays counted', async () => {
  const comparisons = start()
  comparisons.add(compared, pairs(3, 0.1, 0.2), 0.5)
  await places.admin.query('alter table ml_scoring.model_comparisons rename to away')
  const failing = comparisons.flush()
  comparisons.add(compared, pairs(2, 0.1, 0.2, 'f'), 0.5)
  await expect(failing).rejects.toThrow()
  await places.admin.query('alter table ml_scoring.away rename to model_comparisons')
  await comparisons.stop()
  expect((await read())[0]?.events).toBe(5)
})

test("a tenant's comparisons are its own", async () => {
  const comparisons = start()
  comparisons.add(compared, pairs(1, 0.1, 0.2), 0.5)
  comparisons.add({ ...compared, tenantId: 'globex' }, pairs(2, 0.1, 0.2), 0.5)
  await comparisons.stop()
  expect([(await read())[0]?.events, (await read(2, 'globex'))[0]?.events, await read(9)]).toEqual([1, 2, []])
})
