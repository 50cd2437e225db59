import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { callerOf } from '@ott/graphql/caller'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { invalidRequest, Problem } from '@ott/http/problem'
import { isUuid, queryText } from '@ott/http/query-text'
import { jsonBody, readBody } from '@ott/http/read-body'
import type { Database } from '@ott/postgres/database'
import type { Express, Request } from 'express'
import { z } from 'zod'
import { listSchedules, removeSchedule, setSchedule, type TrainingSchedule } from './schedule-store.ts'
import { cancelTraining, listTrainings, readTraining, trainingPhases, type TrainingRun } from './training-run-store.ts'
import { ScheduleError, turnAfter } from './turn-of-schedule.ts'

const periodDays = z.number().int().min(1).max(366).default(30)
const scheduleRequest = z.strictObject({ cron: z.string().min(9).max(100), timeZone: z.string().min(1).max(64).default('UTC'), periodDays })

export interface TrainingRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'keyIdOf' | 'isCaughtUp'>
  readonly database: Database
  /** Models that can be trained. */
  readonly models: readonly string[]
  nowMs(): number
}

/** `/v1/training-runs` and `/v1/training-schedules`: what trains, how far it is, and when it does so by itself. `POST /v1/models/{name}:train` starts one. */
export function addTrainingRoutes(app: Express, { directory, database, models, nowMs }: TrainingRoutesOptions): void {
  const authenticated = authenticate(directory)
  app.get('/v1/training-runs', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const runs = await listTrainings(database, tenantOf(response).tenantId, queryText(request, 'model'), page)
    response.json(pageOf(runs, page, shownRun, ({ createdAt, id }) => ({ at: createdAt.toISOString(), id })))
  })
  app.get('/v1/training-runs/:id', authenticated, async (request, response) => {
    response.json(shownRun(found(await readTraining(database, tenantOf(response).tenantId, runId(request)))))
  })
  app.post('/v1/training-runs/:id\\:cancel', authenticated, async (request, response) => {
    response.json(shownRun(found(await cancelTraining(database, tenantOf(response).tenantId, runId(request)))))
  })
  app.get('/v1/training-schedules', authenticated, async (_request, response) => {
    response.json({ items: (await listSchedules(database, tenantOf(response).tenantId)).map(shownSchedule) })
  })
  app.put('/v1/training-schedules/:model', authenticated, jsonBody(4_096), async (request, response) => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    const wanted = readBody(request, scheduleRequest)
    response.json(shownSchedule(await setSchedule(database, { tenantId, model: modelOf(request, models), ...wanted, nextAt: nextTurn(wanted, nowMs()), setBy: keyId })))
  })
  app.delete('/v1/training-schedules/:model', authenticated, async (request, response) => {
    if (!(await removeSchedule(database, tenantOf(response).tenantId, modelOf(request, models)))) throw new Problem(404, 'not-found', 'the model has no schedule')
    response.status(204).end()
  })
}

function nextTurn({ cron, timeZone }: Pick<TrainingSchedule, 'cron' | 'timeZone'>, nowMs: number): Date {
  try {
    return turnAfter(cron, timeZone, new Date(nowMs))
  } catch (error) {
    if (error instanceof ScheduleError) throw invalidRequest([{ field: error.message.includes('time zone') ? 'timeZone' : 'cron', problem: error.message }])
    throw error
  }
}

function modelOf(request: Request, models: readonly string[]): string {
  const model = String(request.params['model'])
  if (!models.includes(model)) throw new Problem(404, 'not-found', `there is no model of this name to train; there are ${models.join(', ')}`)
  return model
}

function runId(request: Request): string {
  const id = String(request.params['id'])
  if (!isUuid(id)) throw noRun()
  return id
}

function found(run: TrainingRun | undefined): TrainingRun {
  if (run === undefined) throw noRun()
  return run
}

function noRun(): Problem {
  return new Problem(404, 'not-found', 'there is no training run of this id')
}

function shownRun({ tenantId: _own, from, to, phase, progress, createdAt, startedAt, finishedAt, ...rest }: TrainingRun) {
  return {
    ...rest,
    from: from.toISOString(),
    to: to.toISOString(),
    phase,
    /** Of the whole run: its phases count the same. */
    progress: rest.status === 'finished' ? 1 : phase === null ? 0 : (trainingPhases.indexOf(phase) + progress) / trainingPhases.length,
    createdAt: createdAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
  }
}

function shownSchedule({ tenantId: _own, nextAt, setAt, ...rest }: TrainingSchedule) {
  return { ...rest, nextAt: nextAt.toISOString(), setAt: setAt.toISOString() }
}
