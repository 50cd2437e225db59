import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { openSubgraph } from '@ott/graphql/subgraph'
import { createLogger } from '@ott/telemetry/logger'
import { createRegistry } from '@ott/telemetry/metrics'
import { inboundTopicOf } from '@ott/contracts/topics'
import { viewerEventTypes } from '@ott/contracts/viewer-event-types'
import type { OutboundRecord } from '@ott/pipeline/record'
import { addSeriesCounts } from '../src/series/series-count-store.ts'
import { addSeriesRoutes } from '../src/series/series-routes.ts'
import { lastHourOver, type SeriesWatcherOptions } from '../src/series/series-watcher.ts'
import { writeJudged } from '../src/series/series-watch-store.ts'
import { newWatch } from '../src/series/watch-hour.ts'
import { resolvers, scoringContext, type ScoringContext } from '../src/subgraph/resolvers.ts'
import { noModels } from './no-models.ts'
import { callers } from './registry-fixture.ts'
import { scoringDatabase, type ScoringDatabase } from './scoring-database.ts'
import { anomaliesIn, eventOf, statesIn, watchUntil as watchSeries } from './series-watching.ts'
import { serveRoutes } from './served-routes.ts'

let place: ScoringDatabase
let admin: ScoringDatabase['admin']
let database: ScoringDatabase['database']
beforeAll(async () => {
  place = await scoringDatabase()
  ;({ admin, database } = place)
})
afterAll(async () => {
  await place?.[Symbol.asyncDispose]()
})
beforeEach(() => admin.query('truncate ml_scoring.series_counts, ml_scoring.series_states, ml_scoring.series_anomalies, ml_scoring.leaders'))

const firstHour = Math.floor(Date.parse('2026-01-05T00:00:00Z') / 3_600_000)
const quietHours = 4 * 168
const failures = 'sign-in-failures:all'
const lastHour = firstHour + quietHours + 24

/** Four quiet weeks and a day, in which from the eighth hour on counts are `factor` times as high for three hours. */
async function signInFailures(tenantId: string, factor: number, seed = 7) {
  const random = seededRandom(seed)
  const deltas = Array.from({ length: quietHours + 25 }, (_, index) => {
    const usual = 20 * (1.5 + Math.sin((2 * Math.PI * index) / 24))
    const isBurst = index >= quietHours + 8 && index < quietHours + 11
    return { tenantId, series: failures, hour: firstHour + index, count: Math.max(0, Math.round((usual + Math.sqrt(usual) * random.normal()) * (isBurst ? factor : 1))) }
  })
  await database.transaction([tenantId], (sql) => addSeriesCounts(sql, deltas))
}

const watchUntil = async (hour: number, options: Partial<SeriesWatcherOptions> = {}) => {
  const watched = await watchSeries(database, hour, options)
  if (options.onFault === undefined) expect(watched.faults).toEqual([])
  return watched
}
const anomalies = () => anomaliesIn(admin)
const states = () => statesIn(admin)

test('an hour is judged once it is over, and has been for as long as events come late', () => {
  const end = (firstHour + 1) * 3_600_000
  expect(lastHourOver(end + 599_999, 600_000)).toBe(firstHour - 1)
  expect(lastHourOver(end + 600_000, 600_000)).toBe(firstHour)
})

describe('sign-in failures that are ten times as many for three hours, after four quiet weeks', () => {
  test('are one anomaly and one event of their tenant, by the contract, and nobody else is told', async () => {
    await signInFailures('acme', 10)
    await signInFailures('globex', 1, 8)
    const { told } = await watchUntil(lastHour)
    expect(await anomalies()).toEqual([{ tenant_id: 'acme', series: failures, start_hour: firstHour + quietHours + 8, last_hour: firstHour + quietHours + 10, is_open: false }])
    expect(told.map(({ topic }) => topic)).toEqual([inboundTopicOf('acme')])
    const event = eventOf(told[0]!)
    expect(event).toMatchObject({ type: 'com.ott.series.anomalous.v1', subject: failures, time: '2026-02-02T10:00:00.000Z', data: { series: failures, since: '2026-02-02T08:00:00.000Z', hours: 2, direction: 'above', model: 'hour-of-week' } })
    expect(viewerEventTypes['com.ott.series.anomalous.v1'].safeParse(event.data).success).toBe(true)
  })

  test('are told once, however often they are judged: while they last, afterwards, and again after a crash before it was noted', async () => {
    await signInFailures('acme', 10)
    const burst = firstHour + quietHours + 8
    expect((await watchUntil(burst)).told).toEqual([])
    const { told } = await watchUntil(burst + 1)
    expect(told).toHaveLength(1)
    expect((await anomalies())[0]).toMatchObject({ is_open: true, last_hour: burst + 1 })
    for (const hour of [burst + 1, burst + 2, lastHour]) expect((await watchUntil(hour)).told).toEqual([])
    await admin.query('update ml_scoring.series_anomalies set told_at = null')
    expect((await watchUntil(lastHour)).told).toEqual(told)
    // As if nothing had ever been judged.
    await admin.query('update ml_scoring.series_states set state = null, judged_hour = first_hour')
    await admin.query('truncate ml_scoring.series_anomalies')
    expect((await watchUntil(lastHour)).told.map((record) => eventOf(record).id)).toEqual(told.map((record) => eventOf(record).id))
  }, 60_000)

  test('are told later when the broker was away', async () => {
    await signInFailures('acme', 10)
    const faults: unknown[] = []
    await watchUntil(lastHour, { bus: { publish: () => Promise.reject(new Error('the broker is away')) }, onFault: (error) => faults.push(error) })
    expect(String(faults[0])).toContain('away')
    expect((await watchUntil(lastHour)).told).toHaveLength(1)
  })

  test('come to the same, whoever judges them and in however many turns', async () => {
    await signInFailures('acme', 10)
    const whole = await watchUntil(lastHour)
    const expected = { states: await states(), anomalies: await anomalies(), told: whole.told }
    await admin.query('truncate ml_scoring.series_anomalies, ml_scoring.leaders')
    await admin.query('update ml_scoring.series_states set state = null, judged_hour = first_hour')
    const told: OutboundRecord[] = []
    // One after the other, each as a process of its own that knows nothing of those before; and two at once.
    for (const hour of [firstHour + 100, firstHour + quietHours, firstHour + quietHours + 9]) told.push(...(await watchUntil(hour)).told)
    const takeLead = () => admin.query('truncate ml_scoring.leaders')
    const forAll = setInterval(() => void takeLead(), 3)
    const both = await Promise.all([watchUntil(lastHour), watchUntil(lastHour)]).finally(() => clearInterval(forAll))
    told.push(...both.flatMap((each) => each.told))
    expect({ states: await states(), anomalies: await anomalies(), told }).toEqual(expected)
  }, 60_000)
})

test('who judged from a state that another has taken further meanwhile writes neither state nor anomaly', async () => {
  await signInFailures('acme', 1)
  await watchUntil(firstHour + 10)
  const expected = await states()
  const peak = { hour: firstHour + 5, count: 9, expected: 1, direction: 'above', likelihood: 0.99, model: 'late', standsAlone: true } as const
  const anomaly = { startHour: firstHour + 5, lastHour: firstHour + 5, isOpen: true, peak }
  const late = { series: failures, before: firstHour, judgedHour: firstHour + 5, state: newWatch(firstHour), anomalies: new Map([[anomaly.startHour, { now: anomaly, opened: anomaly }]]) }
  expect(await writeJudged(database, 'acme', [late])).toBe(0)
  expect([await states(), await anomalies()]).toEqual([expected, []])
  expect(await writeJudged(database, 'globex', [{ ...late, before: firstHour + 10 }])).toBe(0)
  expect(await writeJudged(database, 'acme', [{ ...late, before: firstHour + 10 }])).toBe(1)
})

test('hours that nothing is counted in are hours of nothing', async () => {
  await signInFailures('acme', 1)
  const { told } = await watchUntil(lastHour + 12)
  expect(told.map((record) => eventOf(record).data['direction'])).toEqual(['below'])
  expect((await anomalies())[0]).toMatchObject({ is_open: true })
})

test('a series that is further behind than its model remembers skips ahead, and says so', async () => {
  await signInFailures('acme', 1)
  await watchUntil(lastHour)
  const { skipped } = await watchUntil(lastHour + 10 * 168)
  expect(skipped).toEqual([`acme ${failures} ${2 * 168}`])
}, 60_000)

test('series are shown to their own tenant alone, with what is usual and when they were unlike it', async () => {
  await signInFailures('acme', 10)
  const { told } = await watchUntil(lastHour)
  await using app = await serveRoutes((express) => addSeriesRoutes(express, { directory: callers, database, nowMs: () => (lastHour + 1) * 3_600_000 }))
  const get = async (path: string, tenant = 'acme') => {
    const { status, body } = await app.call('GET', path, undefined, tenant)
    return { status, body: body as typeof body & { hours: { hour: string; count: number; expected: number }[] } }
  }
  const shown = { name: failures, since: '2026-01-05T00:00:00.000Z', judgedUntil: '2026-02-03T01:00:00.000Z', anomalousSince: null }
  expect((await get('/v1/series')).body.items).toEqual([shown])
  const one = await get(`/v1/series/${failures}?weeks=1`)
  expect(one.body).toMatchObject(shown)
  expect(one.body.hours).toHaveLength(168)
  const peak = one.body.hours.find(({ hour }) => hour === '2026-02-02T09:00:00.000Z')!
  expect(peak.count / peak.expected).toBeGreaterThan(5)
  expect((await get(`/v1/series/${failures}/anomalies`)).body.items).toEqual([
    expect.objectContaining({ since: '2026-02-02T08:00:00.000Z', until: '2026-02-02T11:00:00.000Z', isOpen: false, direction: 'above', eventId: eventOf(told[0]!).id }),
  ])
  expect((await get('/v1/series', 'globex')).body.items).toEqual([])
  for (const path of [`/v1/series/${failures}`, `/v1/series/${failures}/anomalies`]) expect((await get(path, 'globex')).status).toBe(404)
  for (const weeks of ['0', '27', 'x', '1.5']) expect((await get(`/v1/series/${failures}?weeks=${weeks}`)).status).toBe(400)
})

test('the graph tells series and their anomalies to their own tenant alone, all of them together', async () => {
  await signInFailures('acme', 10)
  await database.transaction(['acme'], (sql) => addSeriesCounts(sql, [{ tenantId: 'acme', series: 'accesses:all', hour: lastHour, count: 3 }]))
  const { told } = await watchUntil(lastHour)
  await using scope = new AsyncDisposableStack()
  const subgraph = await openSubgraph<ScoringContext>({
    schemaFile: new URL('../src/subgraph/schema.graphql', import.meta.url),
    resolvers,
    context: (caller) => scoringContext({ database, models: { registry: undefined as never, modelsOf: () => ({ champion: undefined, challengers: [] }) }, learned: noModels, nowMs: Date.now, partitions: async () => 1 }, caller),
    directory: callers,
    log: createLogger({ service: 'test', level: 'fatal' }),
    registry: createRegistry('test'),
    scope,
  })
  await using app = await serveRoutes((express) => subgraph.mount(express))
  const ask = async (query: string, tenant?: string, variables: object = {}) => (await app.call('POST', '/graphql', { query, variables }, tenant)).body['data']
  const known = { name: failures, anomalousSince: null, anomalies: [{ since: '2026-02-02T08:00:00.000Z', until: '2026-02-02T11:00:00.000Z', isOpen: false, direction: 'above', model: 'hour-of-week', eventId: eventOf(told[0]!).id }] }
  const fields = 'name anomalousSince anomalies { since until isOpen direction model eventId }'
  expect(await ask(`{ allSeries { ${fields} } series(name: "${failures}") { since judgedUntil anomalies { count expected likelihood } } }`)).toEqual({
    allSeries: [{ name: 'accesses:all', anomalousSince: null, anomalies: [] }, known],
    series: { since: '2026-01-05T00:00:00.000Z', judgedUntil: '2026-02-03T01:00:00.000Z', anomalies: [{ count: expect.any(Number), expected: expect.any(Number), likelihood: expect.any(Number) }] },
  })
  const of = [{ __typename: 'Series', name: failures }, { __typename: 'Series', name: 'none' }]
  const entities = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Series { ${fields} } } }`
  expect(await ask(entities, 'acme', { of })).toEqual({ _entities: [known, null] })
  expect(await ask(entities, 'globex', { of })).toEqual({ _entities: [null, null] })
  expect(await ask(`{ allSeries { name } series(name: "${failures}") { name } }`, 'globex')).toEqual({ allSeries: [], series: null })
})
