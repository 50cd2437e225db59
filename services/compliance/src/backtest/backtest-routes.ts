import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { invalidRequest, Problem } from '@ott/http/problem'
import { isUuid, queryText, shortText } from '@ott/http/query-text'
import { jsonBody, readBody } from '@ott/http/read-body'
import type { Database } from '@ott/postgres/database'
import type { Express } from 'express'
import { z } from 'zod'
import type { KnownRuleSets } from '../known-rule-sets.ts'
import { shownReport } from './backtest-report.ts'
import { cancelBacktest, createBacktest, listBacktests, readBacktest, type BacktestRecord } from './backtest-store.ts'

const bounds = { pendingMax: 20, keptMax: 200 }
const spanMsMax = 366 * 86_400_000

const time = z.iso.datetime({ offset: true }).max(64)
const backtestRequest = z.strictObject({ from: time, to: time })

export interface BacktestRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>
  readonly database: Database
  readonly ruleSets: Pick<KnownRuleSets, 'live' | 'candidate'>
  /** Called when there is something to do. */
  onCreated(): void
  nowMs(): number
}

/** `POST /v1/rulesets/{id}:backtest`, `GET /v1/backtests`, `GET /v1/backtests/{id}`, `POST /v1/backtests/{id}:cancel`. */
export function addBacktestRoutes(app: Express, { directory, database, ruleSets, onCreated, nowMs }: BacktestRoutesOptions): void {
  const authenticated = authenticate(directory)
  app.post('/v1/rulesets/:id\\:backtest', authenticated, jsonBody(4_096), async (request, response) => {
    const { tenantId } = tenantOf(response)
    const period = readPeriod(readBody(request, backtestRequest), nowMs())
    const ruleSetId = shortText(String(request.params['id']))
    const candidate = await ruleSets.candidate(tenantId, ruleSetId)
    if (candidate === undefined) throw new Problem(404, 'not-found', 'there is no rule set of this id')
    const live = await ruleSets.live(tenantId)
    const created = await createBacktest(database, { tenantId, ruleSetId, liveVersion: live.version, candidateVersion: candidate.version, ...period }, bounds)
    if (created === undefined) throw new Problem(429, 'busy', `${bounds.pendingMax} backtests wait or run already`, { retryAfterSeconds: 60 })
    onCreated()
    response.status(202).location(`/v1/backtests/${created.id}`).json(shown(created, nowMs()))
  })
  app.get('/v1/backtests', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const items = await listBacktests(database, tenantOf(response).tenantId, queryText(request, 'ruleSetId'), page)
    const item = (each: BacktestRecord) => {
      const { report: _report, ...rest } = shown(each, nowMs())
      return rest
    }
    response.json(pageOf(items, page, item, ({ createdAt, id }) => ({ at: createdAt.toISOString(), id })))
  })
  app.get('/v1/backtests/:id', authenticated, async (request, response) => {
    response.json(shown(found(await readBacktest(database, tenantOf(response).tenantId, backtestId(request.params))), nowMs()))
  })
  app.post('/v1/backtests/:id\\:cancel', authenticated, async (request, response) => {
    response.json(shown(found(await cancelBacktest(database, tenantOf(response).tenantId, backtestId(request.params))), nowMs()))
  })
}

function readPeriod({ from, to }: z.infer<typeof backtestRequest>, nowMs: number): { from: Date; to: Date } {
  const fromMs = Date.parse(from)
  // What isn't there yet can't be judged: a later end would make each run another.
  const toMs = Math.min(Date.parse(to), nowMs)
  if (fromMs >= toMs) throw invalidRequest([{ field: 'from', problem: 'must lie before to, and in the past' }])
  if (toMs - fromMs > spanMsMax) throw invalidRequest([{ field: 'from', problem: 'must lie at most 366 days before to' }])
  return { from: new Date(fromMs), to: new Date(toMs) }
}

function backtestId(params: Record<string, unknown>): string {
  const id = String(params['id'])
  if (!isUuid(id)) throw notFound()
  return id
}

function found(backtest: BacktestRecord | undefined): BacktestRecord {
  if (backtest === undefined) throw notFound()
  return backtest
}

function notFound(): Problem {
  return new Problem(404, 'not-found', 'there is no backtest of this id')
}

function shown(backtest: BacktestRecord, nowMs: number) {
  const { id, ruleSetId, liveVersion, candidateVersion, status, failure, eventsRead, eventsTotal, ratePerSecond, report } = backtest
  const left = eventsTotal === null ? null : Math.max(0, eventsTotal - eventsRead)
  const isRunning = status === 'running'
  return {
    id,
    ruleSetId,
    liveVersion,
    candidateVersion,
    from: backtest.from.toISOString(),
    to: backtest.to.toISOString(),
    status,
    failure,
    createdAt: backtest.createdAt.toISOString(),
    startedAt: backtest.startedAt?.toISOString() ?? null,
    finishedAt: backtest.finishedAt?.toISOString() ?? null,
    progress: {
      events: eventsRead,
      total: eventsTotal,
      share: status === 'finished' ? 1 : eventsTotal === null ? 0 : eventsTotal === 0 ? 1 : Math.min(1, eventsRead / eventsTotal),
      ratePerSecond: ratePerSecond === null ? null : Math.round(ratePerSecond),
      etaAt: isRunning && left !== null && ratePerSecond !== null && ratePerSecond > 0 ? new Date(nowMs + (left / ratePerSecond) * 1_000).toISOString() : null,
    },
    report: report && shownReport(report),
  }
}
