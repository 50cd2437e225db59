import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { windowedFactors } from '@ott/anomaly/factor-windows'
import { scoresPlace } from '../src/drift/judge-drift.ts'
import { forgetLiveSpreads, readLiveSpreads } from '../src/drift/spread-store.ts'
import { addHours, dayMs, emptyDrift, liveSpreads, meet, nowMs, reference } from './drift-fixture.ts'
import { registryPlaces, type RegistryPlaces } from './registry-fixture.ts'

let places: RegistryPlaces
beforeAll(async () => {
  places = await registryPlaces()
})
afterAll(async () => {
  await places?.[Symbol.asyncDispose]()
})
beforeEach(() => emptyDrift(places))

const ever = { from: '0001-01-01', to: '9999-12-31' }
const countsOf = (tenantId = 'acme', version = 1, days = ever) => readLiveSpreads(places.database, tenantId, 'risk-ensemble', version, days)
const sumOf = (counts: readonly number[] = []) => counts.reduce((sum, count) => sum + count, 0)
const hoursOf = async (...of: Parameters<typeof countsOf>) => sumOf((await countsOf(...of)).get(scoresPlace))

test('what processes count adds up, and a row lies in one bin of each column and of the scores', async () => {
  const [one, other] = [liveSpreads(places), liveSpreads(places)]
  addHours(one, 10)
  addHours(other, 20)
  await Promise.all([one.flush(), other.flush()])
  await other.stop()
  addHours(one, 1)
  await one.stop()
  const live = await countsOf()
  expect(live.size).toBe(windowedFactors.length + 1)
  for (const counts of live.values()) expect(sumOf(counts)).toBe(31)
  expect([(await countsOf('globex')).size, (await countsOf('acme', 2)).size]).toEqual([0, 0])
})

test('only what happened yesterday and today counts, whatever else clocks of viewers say', async () => {
  const live = liveSpreads(places)
  const times = [[0, 1], [-dayMs, 2], [-2 * dayMs, 4], [dayMs, 8], [400 * dayMs, 16], [-400 * dayMs, 32], [NaN, 64], [Infinity, 128]] as const
  for (const [ago, count] of times) addHours(live, count, { atMs: nowMs + ago })
  await live.stop()
  expect([await hoursOf(), await hoursOf('acme', 1, { from: '2026-03-02', to: '2026-03-02' })]).toEqual([3, 1])
})

test('other days are forgotten, earlier and later ones, of the tenants that are named alone', async () => {
  await meet(places, 1)
  await meet(places, 2, { tenantId: 'globex' })
  for (const day of ['2026-02-28', '2026-03-01', '2026-03-03', '2026-03-04', '2999-01-01']) {
    await places.admin.query("insert into ml_scoring.live_spreads select tenant_id, model, version, $1::date, place, counts from ml_scoring.live_spreads where day = '2026-03-02'", [day])
  }
  await forgetLiveSpreads(places.database, ['acme'], { from: '2026-03-01', to: '2026-03-03' })
  expect([await hoursOf(), await hoursOf('globex')]).toEqual([3, 12])
})

test('what the table does not take stays counted', async () => {
  const live = liveSpreads(places)
  addHours(live, 3)
  await places.admin.query('alter table ml_scoring.live_spreads rename to away')
  const failing = live.flush()
  addHours(live, 2)
  await expect(failing).rejects.toThrow()
  await places.admin.query('alter table ml_scoring.away rename to live_spreads')
  await live.stop()
  expect(await hoursOf()).toBe(5)
})

test('a number that is none is left out of its column, and a reference that does not fit is not counted in', async () => {
  const live = liveSpreads(places)
  const key = { tenantId: 'acme', model: 'risk-ensemble', version: 1 }
  live.add(key, reference, Float64Array.from(windowedFactors, (_, column) => (column === 3 ? NaN : 0)), 0.5, nowMs)
  live.add(key, { ...reference, columns: reference.columns.slice(1) }, new Float64Array(windowedFactors.length), 0.5, nowMs)
  await live.stop()
  const counts = await countsOf()
  expect([2, 3, 4, scoresPlace].map((place) => sumOf(counts.get(place)))).toEqual([1, 0, 1, 1])
})
