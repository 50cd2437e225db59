import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { mergeStored } from '@ott/history/merge-stored'
import type { CompiledRuleSet } from '@ott/regulations/compile-rule-set'
import { evaluate } from '@ott/regulations/evaluate'
import { stepsOf, type ObservedEvent } from '@ott/regulations/observe'
import { observeAfterPeriods, pairOf, passPeriods } from '@ott/regulations/rule-set-pair'
import { emptyTimeline, type Timeline } from '@ott/regulations/timeline'
import type { QueueWorker } from '@ott/service/work-on-queue'
import { startBacktestRunner } from '../src/backtest/backtest-runner.ts'
import { BacktestLostError, cancelBacktest, claimBacktest, createBacktest, listBacktests, readBacktest, saveProgress, type BacktestRecord } from '../src/backtest/backtest-store.ts'
import { runBacktest } from '../src/backtest/run-backtest.ts'
import { workInSlices } from '@ott/service/work-in-slices'
import { backtestEndMs, backtestLatenessMs, backtestStartMs, candidateRules, liveRules, someWeeks } from './backtest-fixture.ts'
import { aComplianceDatabase, keepEvents, type ComplianceDatabase, type KeptEvent } from './compliance-database.ts'

let db: ComplianceDatabase
beforeAll(async () => {
  db = await aComplianceDatabase()
})
afterAll(async () => {
  await db?.[Symbol.asyncDispose]()
})
beforeEach(() => db.empty())

const all = [liveRules, candidateRules]
const byVersion = (_tenant: string, version: string) => Promise.resolve(all.find((rules) => rules.version === version))
const period = { fromMs: backtestStartMs, toMs: backtestEndMs }
const bounds = { pendingMax: 20, keptMax: 50 }

async function created(tenantId = 'acme', candidateVersion = candidateRules.version): Promise<BacktestRecord> {
  const backtest = { tenantId, ruleSetId: 'rs-1', liveVersion: liveRules.version, candidateVersion, from: new Date(period.fromMs), to: new Date(period.toMs) }
  const record = await createBacktest(db.service, backtest, bounds)
  if (record === undefined) throw new Error('the queue is full')
  return record
}

function aRunner(parts: Partial<Parameters<typeof startBacktestRunner>[0]> = {}): QueueWorker {
  return startBacktestRunner({
    ...{ database: db.service, tenants: () => ['acme', 'globex'], ruleSets: { byVersion }, latenessMs: backtestLatenessMs, atOnce: 2, perTenant: 1 },
    ...{ leaseMs: 5_000, intervalMs: 10, onFault: () => undefined, onEnd: () => undefined, ...parts },
  })
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let turn = 0; turn < 3_000; turn++) {
    const seen = await look()
    if (seen !== undefined) return seen
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('waited for nothing')
}

const ended = ({ tenantId, id }: BacktestRecord) =>
  until(async () => {
    const record = await readBacktest(db.service, tenantId, id)
    return record !== undefined && ['finished', 'failed', 'cancelled'].includes(record.status) ? record : undefined
  })

async function runToEnd(backtest: BacktestRecord): Promise<BacktestRecord> {
  const runner = aRunner()
  try {
    return await ended(backtest)
  } finally {
    await runner.stop()
  }
}

/** What one rule set finds in the events, alone, in memory. */
function findingsAlone(kept: readonly KeptEvent[], rules: CompiledRuleSet): Map<string, number> {
  const timelines = new Map<string, Timeline>()
  const counts = new Map<string, number>()
  const count = (rule: string) => counts.set(rule, (counts.get(rule) ?? 0) + 1)
  const idOf = (key: string) => rules.byKey.get(key)?.id ?? ''
  const fail = (error: Error): never => {
    throw error
  }
  for (const { key, event: told } of kept) {
    const event: ObservedEvent = { ...told, key }
    for (const { rule } of evaluate(event, rules)) count(rule)
    for (const [name, steps] of stepsOf(event, rules, fail)) {
      const seen = observeAfterPeriods(name, timelines.get(name) ?? emptyTimeline, event, steps, backtestLatenessMs)
      timelines.set(name, seen.timeline)
      for (const { broken } of seen.passed) for (const { rule } of broken) count(idOf(rule))
      for (const rule of seen.broken) count(idOf(rule))
    }
  }
  for (const [name, timeline] of timelines) {
    for (const { broken } of passPeriods(name, timeline, period.toMs, backtestLatenessMs).passed) for (const { rule } of broken) count(idOf(rule))
  }
  return counts
}

test('the report counts for each side exactly what it finds alone, over partitions, pages and periods that pass', async () => {
  const kept = someWeeks(4_000)
  await keepEvents(db, 'acme', kept)
  const { status, report, eventsRead, eventsTotal } = await runToEnd(await created())
  expect([status, eventsRead, eventsTotal, report?.eventsJudged]).toEqual(['finished', 4_000, 4_000, 4_000])
  const before = findingsAlone(kept, liveRules)
  const after = findingsAlone(kept, candidateRules)
  expect(Object.keys(report?.rules ?? {}).sort()).toEqual(['test.harvest', 'test.personalised', 'test.unanswered'])
  for (const [rule, counts] of Object.entries(report?.rules ?? {})) {
    expect([rule, counts.before, counts.after]).toEqual([rule, before.get(rule), after.get(rule)])
    expect(counts.before - counts.removed).toBe(counts.after - counts.added)
    expect(Math.min(counts.before, counts.after)).toBeGreaterThan(10)
  }
  expect(report?.periodsPassed).toBeGreaterThan(100)
  expect(report?.rules['test.personalised']).toMatchObject({ severityBefore: 'low', severityAfter: 'high', added: 0 })
  const [sample] = report?.rules['test.personalised']?.samples.removed ?? []
  expect(kept.find(({ id }) => id === sample)?.event.data).toMatchObject({ campaignId: 'c-0', personalised: true })
  const [start] = report?.rules['test.unanswered']?.samples.added ?? []
  expect(kept.find(({ id }) => id === start)?.event.type).toBe('com.ott.data-subject-request.received.v1')
  expect(await db.admin.query('select 1 from compliance.backtest_timelines')).toEqual([])
})

test('events come in the order of their arrival, each once, from wherever it is gone on', async () => {
  const kept = someWeeks(3_000)
  await keepEvents(db, 'acme', kept)
  await keepEvents(db, 'globex', someWeeks(10))
  const read = async (offsets: Record<string, string>, stopAfter = Number.POSITIVE_INFINITY) => {
    const stored = await mergeStored(db.service, 'acme', period, offsets)
    const keys: string[] = []
    for (let events = await stored.next(); events.length > 0 && keys.length < stopAfter; events = await stored.next()) {
      for (const { eventKey, partition, offset } of events) {
        keys.push(eventKey)
        offsets[partition] = offset
      }
    }
    return keys
  }
  expect(await read({})).toEqual(kept.map(({ key }) => key))
  const offsets = {}
  const first = await read(offsets, 500)
  expect(first.length).toBeLessThan(3_000)
  expect([...first, ...(await read(offsets))]).toEqual(kept.map(({ key }) => key))
})

test('killed with SIGKILL on its way and taken up by another process, it reports what an undisturbed run does', async () => {
  await keepEvents(db, 'acme', someWeeks(12_000))
  const undisturbed = await runToEnd(await created())
  const backtest = await created()
  const kills: number[] = []
  for (let round = 0; round < 2; round++) {
    const before = (await readBacktest(db.service, 'acme', backtest.id))?.eventsRead ?? 0
    const worker = spawn(process.execPath, [fileURLToPath(new URL('./run-backtests.ts', import.meta.url)), db.serviceUrl, '1000'], { stdio: 'ignore' })
    const gone = new Promise((resolve) => worker.once('exit', resolve))
    const at = await until(async () => {
      const record = await readBacktest(db.service, 'acme', backtest.id)
      return record !== undefined && record.eventsRead > before ? record.eventsRead : undefined
    })
    worker.kill('SIGKILL')
    await gone
    kills.push(at)
  }
  expect(kills.every((at) => at > 0 && at < 12_000)).toBe(true)
  expect(await readBacktest(db.service, 'acme', backtest.id)).toMatchObject({ status: 'running' })
  const resumed = await runToEnd(backtest)
  expect(resumed.status).toBe('finished')
  expect(resumed.report).toEqual(undisturbed.report)
}, 60_000)

describe('one worker at a time', () => {
  test('a backtest is claimed by one of many that ask at once, and one of a tenant runs at a time', async () => {
    const [first] = [await created(), await created(), await created('globex')]
    const claims = await Promise.all(Array.from({ length: 6 }, () => claimBacktest(db.service, ['acme', 'globex'], { leaseMs: 5_000, perTenant: 1 })))
    const taken = claims.filter((claim) => claim !== undefined)
    expect(taken.map(({ tenantId }) => tenantId).sort()).toEqual(['acme', 'globex'])
    expect(taken.find(({ tenantId }) => tenantId === 'acme')?.id).toBe(first?.id)
  })

  test('who was taken for dead writes nothing any more', async () => {
    await keepEvents(db, 'acme', someWeeks(200))
    await created()
    const slow = await claimBacktest(db.service, ['acme'], { leaseMs: 0, perTenant: 1 })
    await new Promise((resolve) => setTimeout(resolve, 5))
    const other = await claimBacktest(db.service, ['acme'], { leaseMs: 5_000, perTenant: 1 })
    expect(other?.id).toBe(slow?.id)
    const progress = { position: { phase: 'events' as const, offsets: {} }, eventsRead: 77, eventsTotal: 200, report: { eventsJudged: 77, eventsDiffering: 0, periodsPassed: 0, eventsUnreadable: 0, rules: {} }, timelines: [] }
    if (slow === undefined) throw new Error('nothing was claimed')
    await expect(saveProgress(db.service, slow, progress, 5_000)).rejects.toThrow(BacktestLostError)
    expect(await readBacktest(db.service, 'acme', slow.id)).toMatchObject({ eventsRead: 0 })
  })

  test('one that was cancelled ends where it is, and leaves nothing behind', async () => {
    await keepEvents(db, 'acme', someWeeks(6_000))
    const backtest = await created()
    const runner = aRunner()
    await until(async () => ((await readBacktest(db.service, 'acme', backtest.id))?.eventsRead ?? 0) > 0 || undefined)
    expect(await cancelBacktest(db.service, 'acme', backtest.id)).toMatchObject({ status: 'cancelled' })
    await new Promise((resolve) => setTimeout(resolve, 100))
    await runner.stop()
    expect(await readBacktest(db.service, 'acme', backtest.id)).toMatchObject({ status: 'cancelled' })
    expect(await db.admin.query('select 1 from compliance.backtest_timelines')).toEqual([])
    expect(await cancelBacktest(db.service, 'acme', backtest.id)).toMatchObject({ status: 'cancelled' })
  })

  test('a runner that stops gives its backtest back, and another goes on at once', async () => {
    await keepEvents(db, 'acme', someWeeks(6_000))
    const backtest = await created()
    const runner = aRunner({ leaseMs: 60_000 })
    await until(async () => ((await readBacktest(db.service, 'acme', backtest.id))?.eventsRead ?? 0) > 0 || undefined)
    await runner.stop()
    const left = await readBacktest(db.service, 'acme', backtest.id)
    expect(left?.eventsRead).toBeLessThan(6_000)
    expect(await runToEnd(backtest)).toMatchObject({ status: 'finished', eventsRead: 6_000 })
  })
})

test('a rule set that is not there any more fails the backtest by name, and faults without end do, too', async () => {
  expect(await runToEnd(await created('acme', 'test-gone'))).toMatchObject({ status: 'failed', failure: expect.stringContaining('test-gone') })
  const backtest = await created()
  const runner = aRunner({ ruleSets: { byVersion: () => Promise.reject(new Error('broken')) } })
  const { status, failure } = await ended(backtest)
  await runner.stop()
  expect([status, failure]).toEqual(['failed', expect.stringContaining('without progress')])
}, 30_000)

test('events that no longer fit their contract, and the words of the platform itself, are judged by neither', async () => {
  const [one, two, ...rest] = someWeeks(20)
  if (one === undefined || two === undefined) throw new Error('no events')
  await keepEvents(db, 'acme', [{ ...one, event: { ...one.event, data: { campaignId: 7 }, type: 'com.ott.ad.impression.v1' } }, { ...two, event: { ...two.event, type: 'com.ott.deadline.passed.v1', data: {} } }, ...rest])
  expect((await runToEnd(await created())).report).toMatchObject({ eventsJudged: 18, eventsUnreadable: 1 })
})

test('a queue has an end, what has ended is forgotten in the end, and tenants see their own alone', async () => {
  const backtest = { tenantId: 'acme', ruleSetId: 'rs-1', liveVersion: 'a', candidateVersion: 'b', from: new Date(1), to: new Date(2) }
  const made = []
  for (let n = 0; n < 4; n++) made.push(await createBacktest(db.service, backtest, { pendingMax: 3, keptMax: 2 }))
  expect(made.map((each) => each !== undefined)).toEqual([true, true, true, false])
  for (const each of made) if (each !== undefined) await cancelBacktest(db.service, 'acme', each.id)
  await createBacktest(db.service, backtest, { pendingMax: 3, keptMax: 2 })
  expect(await listBacktests(db.service, 'acme', undefined, { limit: 10, after: undefined })).toHaveLength(2)
  expect(await listBacktests(db.service, 'globex', undefined, { limit: 10, after: undefined })).toEqual([])
  expect(await readBacktest(db.service, 'globex', made[2]?.id ?? '')).toBeUndefined()
  expect(await cancelBacktest(db.service, 'globex', made[2]?.id ?? '')).toBeUndefined()
})

test('a list goes on where the last page ended', async () => {
  for (let n = 0; n < 5; n++) await created()
  const first = await listBacktests(db.service, 'acme', 'rs-1', { limit: 2, after: undefined })
  const last = first[1]
  const second = await listBacktests(db.service, 'acme', 'rs-1', { limit: 10, after: { at: last?.createdAt.toISOString() ?? '', id: last?.id ?? '' } })
  expect(new Set([...first.slice(0, 2), ...second].map(({ id }) => id)).size).toBe(5)
  expect(await listBacktests(db.service, 'acme', 'rs-2', { limit: 2, after: undefined })).toEqual([])
})

test('asks at every event whether its turn is over', async () => {
  await keepEvents(db, 'acme', someWeeks(6_000))
  await created()
  const claimed = await claimBacktest(db.service, ['acme'], { leaseMs: 60_000, perTenant: 1 })
  if (claimed === undefined) throw new Error('nothing was claimed')
  // Time by turns of a counter: a slice ends by what was asked, not by how fast the machine is.
  let asked = 0
  const slices = workInSlices({ sliceMs: 100, restShare: 0, nowMs: () => asked++ })
  const options = { database: db.service, pair: pairOf(liveRules, candidateRules), latenessMs: backtestLatenessMs, leaseMs: 60_000, slices, signal: new AbortController().signal }
  expect(await runBacktest(claimed, options)).toBe(true)
  expect(asked).toBeGreaterThan(6_000)
  expect(slices.longestMs).toBeLessThan(110)
})
