import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { inboundTopicOf } from '@ott/contracts/topics'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import type { OutboundRecord } from '@ott/pipeline/record'
import { createRegistry } from '@ott/telemetry/metrics'
import { checkDrift } from '../src/drift/check-drift.ts'
import { keepReport, readReports, reportsKept, type DriftReport, type KeptReport } from '../src/drift/drift-report-store.ts'
import { holdTrainingOfDay, setDriftSettings, spendTrainingOfDay } from '../src/drift/drift-settings-store.ts'
import { observeDrift } from '../src/drift/observe-drift.ts'
import { trainOnDrift } from '../src/drift/train-on-drift.ts'
import { watchDrift, type WatchDriftOptions } from '../src/drift/watch-drift.ts'
import { cancelTraining, createTraining, listTrainings, trainingBounds, type TrainingRun } from '../src/training/training-run-store.ts'
import { champion, dayMs, detectors, emptyDrift, meet, movedFeature, nowMs } from './drift-fixture.ts'
import { registryPlaces, until, type RegistryPlaces } from './registry-fixture.ts'

let places: RegistryPlaces
let published: OutboundRecord[]
let trained: TrainingRun[]
beforeAll(async () => {
  places = await registryPlaces()
})
afterAll(async () => {
  await places?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await emptyDrift(places)
  published = []
  trained = []
})

const model = 'risk-ensemble'
const hourMs = 3_600_000
const bus = { publish: async (records: readonly OutboundRecord[]) => void published.push(...records) }
const check = (atMs = nowMs, of: Parameters<typeof checkDrift>[2] = champion, tenantId = 'acme') =>
  checkDrift(tenantId, model, of, new Date(atMs), { database: places.database, bus, onTraining: (run) => trained.push(run) })
interface Told {
  readonly id: string
  readonly data: { readonly measure: string; readonly feature?: string; readonly version: string; readonly value: number; readonly limit: number }
}
const told = () => published.map(({ value }) => JSON.parse(String(value)) as Told)
const reports = (tenantId = 'acme', limit = 1_000) => readReports(places.database, tenantId, model, limit)
const trainings = (tenantId = 'acme') => listTrainings(places.database, tenantId, model, { limit: 50, after: undefined })
const ask = (tenantId = 'acme', trainOnDrift_ = true, limits: { psiLimit?: number; ksLimit?: number } = {}) =>
  setDriftSettings(places.database, tenantId, model, { trainOnDrift: trainOnDrift_, psiLimit: limits.psiLimit ?? null, ksLimit: limits.ksLimit ?? null }, 'k-1')

describe('a check', () => {
  test('of viewers like those of the training reports that, and tells and trains nothing', async () => {
    await ask()
    await meet(places, 500)
    expect(await check()).toMatchObject({ outcome: 'stable', observations: 500, fromDay: '2026-03-01', toDay: '2026-03-02' })
    expect([published, await trainings()]).toEqual([[], []])
  })

  test('of a feature that moved tells it in events that ingest takes, once a day however often it is looked', async () => {
    await meet(places, 500, { shift: 1.2 })
    expect(await check()).toMatchObject({ outcome: 'drifted', version: 1 })
    const first = told()
    expect(first.map(({ data }) => [data.measure, data.feature, data.version])).toEqual([['psi', movedFeature, '1'], ['ks', movedFeature, '1']])
    expect(published.map(({ topic }) => topic)).toEqual([inboundTopicOf('acme'), inboundTopicOf('acme')])
    for (const event of first) expect(checkViewerEvent(event, nowMs)).toMatchObject({ ok: true })
    for (const hours of [1, 2, 11]) await check(nowMs + hours * hourMs)
    expect(told()).toEqual(first)
    // As if the reports had been lost after it was told: told again, it has the same ids.
    await places.admin.query('truncate ml_scoring.drift_reports')
    await check(nowMs + 11.5 * hourMs)
    expect(told().slice(2).map(({ id }) => id)).toEqual(first.map(({ id }) => id))
    await check(nowMs + 12 * hourMs)
    expect(new Set(told().map(({ id }) => id)).size).toBe(4)
  })

  test('of a drift that gets much worse tells it again on the same day', async () => {
    await meet(places, 500, { shift: 1 })
    await check()
    const before = new Set(told().map(({ id }) => id))
    await meet(places, 5_000, { shift: 4 })
    await check(nowMs + hourMs)
    const again = told().slice(before.size)
    expect(again.map(({ data }) => [data.measure, data.feature])).toEqual([['psi', movedFeature], ['ks', movedFeature]])
    for (const { id } of again) expect(before.has(id)).toBe(false)
  })

  test('of a new champion tells its drift for itself, though that of the one before was told that day', async () => {
    for (const version of [1, 2]) {
      await meet(places, 500, { version, shift: 1.2 })
      expect(await check(nowMs + version * hourMs, { ...champion, version })).toMatchObject({ version, outcome: 'drifted', since: new Date(nowMs + version * hourMs) })
    }
    expect(told().map(({ data }) => `${data.version} ${data.measure}`)).toEqual(['1 psi', '1 ks', '2 psi', '2 ks'])
  })

  test('of scores that moved names no feature', async () => {
    await meet(places, 500, { scoreShift: 1.2 })
    expect((await check()).columns.filter(({ drifts }) => drifts.length > 0)).toMatchObject([{ feature: null, observations: 500 }])
    expect(told().map(({ data }) => [data.measure, data.feature])).toEqual([['psi', undefined], ['ks', undefined]])
  })

  test('shows since when it is as it is, and that a drift has ended', async () => {
    const seen = async (hours: number, row: Parameters<typeof meet>[2]) => {
      await places.admin.query('truncate ml_scoring.live_spreads')
      if (row !== undefined) await meet(places, 500, row)
      const { outcome, since } = await check(nowMs + hours * hourMs)
      return [outcome, (since.getTime() - nowMs) / hourMs]
    }
    expect(await seen(0, { shift: 2 })).toEqual(['drifted', 0])
    expect(await seen(1, { shift: 2 })).toEqual(['drifted', 0])
    expect(await seen(2, {})).toEqual(['stable', 2])
    expect(await seen(3, {})).toEqual(['stable', 2])
    expect(await seen(4, undefined)).toEqual(['too-few', 4])
    expect((await reports()).map(({ outcome }) => outcome)).toEqual(['too-few', 'stable', 'stable', 'drifted', 'drifted'])
  })

  test.each([
    ['no-reference', { ...detectors, reference: undefined }],
    ['unreadable-reference', { ...detectors, reference: { ...detectors.reference!, columns: [] } }],
  ])('of a champion that can not be compared says %s', async (outcome, servable) => {
    await ask()
    await meet(places, 500, { shift: 2 })
    await check(nowMs, { version: 1, servable })
    expect(await reports()).toMatchObject([{ outcome, version: 1, observations: 0, columns: [] }])
    expect([published, await trainings()]).toEqual([[], []])
  })

  test("looks at the champion's own rows of the days that count, of its own tenant", async () => {
    await meet(places, 300)
    for (const other of [{ tenantId: 'globex' }, { version: 7 }]) await meet(places, 500, { ...other, shift: 3 })
    // Of days when clocks were wrong.
    for (const day of ['2026-02-27', '2026-03-03', '2999-01-01']) {
      await places.admin.query("insert into ml_scoring.live_spreads select tenant_id, model, 1, $1::date, place, counts from ml_scoring.live_spreads where tenant_id = 'acme' and version = 7 and day = '2026-03-02'", [day])
    }
    expect(await check()).toMatchObject({ outcome: 'stable', observations: 300 })
    expect(await check(nowMs, champion, 'globex')).toMatchObject({ outcome: 'drifted', observations: 500 })
    expect([(await reports()).length, (await reports('globex')).length]).toEqual([1, 1])
  })

  test("draws the line where the tenant drew it", async () => {
    await meet(places, 500, { shift: 1.2 })
    await ask('acme', false, { psiLimit: 2, ksLimit: 0.5 })
    expect(await check()).toMatchObject({ outcome: 'stable', columns: expect.arrayContaining([expect.objectContaining({ psiLimit: 2, ksLimit: 0.5 })]) })
    await ask('acme', false, { psiLimit: 2, ksLimit: 0.2 })
    await check(nowMs + hourMs)
    expect(told().map(({ data }) => [data.measure, data.limit])).toEqual([['ks', 0.2]])
  })

  test('that can not tell keeps no report, so that the next one tells', async () => {
    await meet(places, 500, { shift: 1.2 })
    const away = { publish: () => Promise.reject(new Error('the broker is away')) }
    await expect(checkDrift('acme', model, champion, new Date(nowMs), { database: places.database, bus: away, onTraining: () => undefined })).rejects.toThrow('the broker is away')
    expect(await reports()).toEqual([])
    await check()
    expect(told()).toHaveLength(2)
  })
})

describe('reports', () => {
  const report = (hours: number): KeptReport => {
    const checkedAt = new Date(nowMs + hours * hourMs)
    const toDay = checkedAt.toISOString().slice(0, 10)
    return { model, version: 1, checkedAt, since: checkedAt, fromDay: toDay, toDay, outcome: 'stable', observations: hours, columns: [], told: { day: toDay, steps: {} } }
  }

  test('of one day are all kept while they are among the latest; of older days the last is, and in the end none', async () => {
    const lastHour = 24 * (reportsKept.daysMax + 20)
    await places.admin.query(
      `insert into ml_scoring.drift_reports select 'acme', $1, 1, t, t, 'stable', t::date, (t at time zone 'UTC')::date, h, '[]', '{}'
       from generate_series(0, $2::int - 1) h, lateral (select $3::timestamptz + h * interval '1 hour' as t) as at`,
      [model, lastHour, new Date(nowMs)],
    )
    await keepReport(places.database, 'acme', report(lastHour))
    const kept = await reports()
    const latest = kept.slice(0, reportsKept.latestMax)
    expect(latest.map(({ observations }) => observations)).toEqual(Array.from({ length: reportsKept.latestMax }, (_, n) => lastHour - n))
    const older = kept.slice(reportsKept.latestMax).map(({ toDay }) => toDay)
    expect(new Set(older).size).toBe(older.length)
    expect(older.length).toBeGreaterThan(70)
    expect(older.length).toBeLessThan(reportsKept.daysMax)
    // Each the last of its day.
    for (const { checkedAt } of kept.slice(reportsKept.latestMax + 1)) expect(checkedAt.getUTCHours()).toBe(23)
  })

  test('are the own of a tenant, come the latest first, and one of the same time stays as it is', async () => {
    for (const hours of [1, 3, 2]) await keepReport(places.database, 'acme', report(hours))
    await keepReport(places.database, 'acme', { ...report(3), outcome: 'drifted' })
    expect((await reports()).map(({ observations, outcome }) => `${observations} ${outcome}`)).toEqual(['3 stable', '2 stable', '1 stable'])
    expect([(await reports('acme', 2)).length, await reports('globex')]).toEqual([2, []])
  })
})

describe('a training because of drift', () => {
  const train = (atMs = nowMs) => trainOnDrift(places.database, 'acme', model, new Date(atMs))

  test('is queued by a check where the tenant asked for it, and not elsewhere', async () => {
    await ask()
    await ask('globex', false, { psiLimit: 0.2 })
    for (const tenantId of ['acme', 'globex']) {
      await meet(places, 500, { tenantId, shift: 1.5 })
      await check(nowMs, champion, tenantId)
    }
    expect(await trainings('globex')).toEqual([])
    expect(await trainings()).toMatchObject([{ requestedBy: 'drift', status: 'queued', to: new Date(nowMs) }])
    expect(trained.map(({ tenantId }) => tenantId)).toEqual(['acme'])
  })

  test('is one, however many checks find the drift at once', async () => {
    await ask()
    await meet(places, 500, { shift: 1.5 })
    const found = await Promise.all([check(), check(nowMs + 1), check(nowMs + 2), check(nowMs + 3)])
    expect(found.map(({ outcome }) => outcome)).toEqual(['drifted', 'drifted', 'drifted', 'drifted'])
    expect((await trainings()).length).toBe(1)
    expect(trained).toHaveLength(1)
    expect(new Set(told().map(({ id }) => id)).size).toBe(2)
  })

  test('is one a day, and none while one waits, whatever is set meanwhile', async () => {
    await ask()
    const asked = await Promise.all(Array.from({ length: 5 }, () => train()))
    expect(asked.filter((run) => run !== undefined)).toHaveLength(1)
    expect(await train(nowMs + dayMs)).toBeUndefined()
    await cancelTraining(places.database, 'acme', (await trainings())[0]!.id)
    await ask()
    expect(await train(nowMs + hourMs)).toBeUndefined()
    expect(await train(nowMs + dayMs)).toMatchObject({ requestedBy: 'drift' })
  })

  test('has its day held by one transaction at a time', async () => {
    await ask()
    const hold = () =>
      places.database.transaction(['acme'], async (sql) => {
        const isHeld = await holdTrainingOfDay(sql, 'acme', model, '2026-03-02')
        // Long enough for the others to come.
        await sql.query('select pg_sleep(0.05)')
        if (isHeld) spendTrainingOfDay(sql, 'acme', model, '2026-03-02')
        return isHeld
      })
    expect((await Promise.all([hold(), hold(), hold()])).filter(Boolean)).toHaveLength(1)
    expect(await places.database.transaction(['acme'], (sql) => holdTrainingOfDay(sql, 'acme', model, '2026-03-03'))).toBe(true)
  })

  test('for which there is no room is tried again by the next check', async () => {
    await ask()
    const other = { tenantId: 'acme', model: 'sequence-risk', requestedBy: 'k-1', seed: 1, from: new Date(nowMs - dayMs), to: new Date(nowMs) }
    for (let n = 0; n < trainingBounds.pendingMax; n += 1) await createTraining(places.database, other)
    expect(await train()).toBeUndefined()
    await places.admin.query('truncate ml_scoring.training_runs')
    expect(await train()).toBeDefined()
  })
})

describe('the watch', () => {
  const watched = (parts: Partial<WatchDriftOptions> = {}) =>
    watchDrift({
      ...{ database: places.database, bus, tenants: () => ['globex', 'acme'], intervalMs: 10, leaseMs: 60_000, nowMs: () => nowMs },
      modelsOf: (tenantId) => ({ champion: tenantId === 'acme' ? { ...champion, kind: 'ensemble', sha256: '', metrics: {} } : undefined, challengers: [] }),
      ...{ onReport: () => undefined, onTraining: () => undefined, onFault: () => undefined },
      ...parts,
    })

  test('is of one process; when it stops another takes over and tells nothing twice', async () => {
    await meet(places, 500, { shift: 1.2 })
    const done: string[] = []
    const by = (name: string) => watched({ onReport: (tenantId, _model, report) => done.push(`${name} ${tenantId} ${report?.outcome ?? 'no champion'}`) })
    const first = by('first')
    await until(() => done.length >= 4)
    const second = by('second')
    await until(() => done.length >= 8)
    expect([first.isLeader(), second.isLeader(), new Set(done)]).toEqual([true, false, new Set(['first globex no champion', 'first acme drifted'])])
    await first.stop()
    await until(() => done.includes('second acme drifted'))
    await second.stop()
    expect(told()).toHaveLength(2)
  })

  test('forgets days that are no longer compared, also where there is no champion', async () => {
    for (const tenantId of ['acme', 'globex']) await meet(places, 10, { tenantId })
    await places.admin.query("update ml_scoring.live_spreads set day = case when place % 2 = 0 then '2026-02-01' else '2999-01-01' end::date")
    const turns: string[] = []
    const watch = watched({ onReport: (tenantId) => turns.push(tenantId) })
    await until(() => turns.length > 0)
    await watch.stop()
    expect(await places.admin.query('select 1 from ml_scoring.live_spreads')).toEqual([])
  })

  test("goes on past a tenant whose drift can't be told", async () => {
    for (const tenantId of ['acme', 'globex']) await meet(places, 500, { tenantId, shift: 1.2 })
    const faults: string[] = []
    const halfAway: WatchDriftOptions['bus'] = { publish: (records) => (records[0]?.topic === inboundTopicOf('globex') ? Promise.reject(new Error('refused')) : bus.publish(records)) }
    const watch = watched({ bus: halfAway, modelsOf: () => ({ champion: { ...champion, kind: 'ensemble', sha256: '', metrics: {} }, challengers: [] }), onFault: (error) => faults.push(String(error)) })
    await until(() => published.length === 2)
    await watch.stop()
    expect(faults[0]).toContain('refused')
    expect(await reports('globex')).toEqual([])
  })
})

describe('the metrics', () => {
  const aGauge = (isLeader: () => boolean) => {
    const registry = createRegistry('test')
    const observe = observeDrift(registry, isLeader)
    const shown = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('ott_model_drift{'))
    return { observe, shown }
  }
  const judged = async (shift: number): Promise<DriftReport> => {
    await places.admin.query('truncate ml_scoring.live_spreads')
    await meet(places, 500, { shift })
    return check()
  }

  test('show the latest report of a model, the scores too, and nothing of what there was too little of', async () => {
    const { observe, shown } = aGauge(() => true)
    observe('acme', model, await judged(1.2))
    observe('globex', model, await judged(0))
    expect(await shown()).toHaveLength(2 * 2 * 19)
    expect((await shown()).filter((line) => /measure="ks".* 0\.[3-9]\d*$/.test(line)).map((line) => /tenant="(\w+)".*feature="(.*?)"/.exec(line)?.slice(1))).toEqual([['acme', movedFeature]])
    expect((await shown()).filter((line) => line.includes('feature="score"'))).toHaveLength(4)
    observe('acme', model, await check(nowMs + 3 * dayMs))
    expect((await shown()).filter((line) => line.includes('acme'))).toEqual([])
    observe('globex', model, undefined)
    expect(await shown()).toEqual([])
  })

  test('are gone when the process no longer leads, and come back with what it then finds', async () => {
    let leads = true
    const { observe, shown } = aGauge(() => leads)
    const report = await judged(1.2)
    observe('acme', model, report)
    observe('globex', model, report)
    leads = false
    expect(await shown()).toEqual([])
    leads = true
    observe('globex', model, report)
    expect((await shown()).map((line) => line.includes('globex'))).toEqual(new Array(38).fill(true))
  })
})
