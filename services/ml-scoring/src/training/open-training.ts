import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { problemsOf } from '@ott/contracts/define-event'
import { invalidRequest, Problem } from '@ott/http/problem'
import type { Database } from '@ott/postgres/database'
import { workOnQueue } from '@ott/service/work-on-queue'
import type { Logger } from '@ott/telemetry/logger'
import type { Express } from 'express'
import { z } from 'zod'
import { labelFromCases } from '../labels/label-from-cases.ts'
import { addLabelRoutes } from '../labels/label-routes.ts'
import type { ArtefactStore } from '../registry/artefact-store.ts'
import type { ModelRegistry } from '../registry/model-registry.ts'
import type { StartTraining } from '../registry/start-training.ts'
import { readCodeVersion } from './code-version.ts'
import type { ModelTrainer } from './model-trainer.ts'
import { riskEnsembleTrainer } from './risk-ensemble/risk-ensemble-trainer.ts'
import { runTraining } from './run-training.ts'
import { seasonalTrainer } from './seasonal/seasonal-trainer.ts'
import { sequenceRiskTrainer } from './sequence-risk/sequence-risk-trainer.ts'
import { addTrainingRoutes } from './training-routes.ts'
import { claimTraining, createTraining, trainingBounds } from './training-run-store.ts'
import { startTrainingScheduler } from './training-scheduler.ts'

export interface OpenTrainingOptions {
  readonly database: Database
  readonly directory: TenantDirectory
  readonly store: ArtefactStore
  readonly registry: ModelRegistry
  /** How many trainings run at once in this process; none, where others are to do it. */
  readonly atOnce: number
  readonly log: Logger
  readonly scope: AsyncDisposableStack
}

/** Longer than any statement may take, so that a count in hand isn't taken for a crash. */
const leaseMs = 40_000
const lookEveryMs = 2_000
const scheduleEveryMs = 10_000
const labelEveryMs = 3_000
const leaderLeaseMs = 45_000

const trainRequest = z.strictObject({
  /** Trains on so many days up to now. */
  periodDays: z.number().int().min(1).max(366).default(30),
  seed: z.number().int().min(0).max(2 ** 31 - 1).default(1),
})

const trainers: ReadonlyMap<string, ModelTrainer> = new Map([riskEnsembleTrainer, sequenceRiskTrainer, seasonalTrainer].map((trainer) => [trainer.model, trainer]))

/** Whatever trains: the queue and its worker, the schedules, what people said of cases, and their REST. */
export function openTraining({ database, directory, store, registry, atOnce, log, scope }: OpenTrainingOptions): { readonly startTraining: StartTraining; routes(app: Express): void } {
  const tenants = () => directory.all().map(({ tenantId }) => tenantId)
  const onFault = (error: unknown) => log.warn({ error: String(error) }, 'a training was interrupted, repeating later')
  const worker = workOnQueue({
    claim: () => claimTraining(database, tenants(), leaseMs),
    work: (claimed, signal) =>
      runTraining(
        claimed,
        {
          ...{ database, store, registry, trainers, codeVersion: readCodeVersion, leaseMs, onFault },
          onEnd: ({ id, tenantId, model }, status) => log.info({ runId: id, tenantId, model, status }, 'training ended'),
        },
        signal,
      ),
    atOnce,
    intervalMs: lookEveryMs,
    onFault,
  })
  scope.defer(() => worker.stop())
  const scheduler = startTrainingScheduler({
    database,
    tenants,
    intervalMs: scheduleEveryMs,
    leaseMs: leaderLeaseMs,
    nowMs: Date.now,
    onTurn({ tenantId, model }) {
      log.info({ tenantId, model }, 'training queued by its schedule')
      worker.look()
    },
    onFault: (error) => log.warn({ error: String(error) }, 'a schedule could not be kept, repeating later'),
  })
  scope.defer(() => scheduler.stop())
  const labelling = labelFromCases({ database, tenants, intervalMs: labelEveryMs, leaseMs: leaderLeaseMs, onFault: (error) => log.warn({ error: String(error) }, 'labels could not be taken from cases, repeating later') })
  scope.defer(() => labelling.stop())
  return {
    async startTraining({ tenantId, keyId, nowMs }, model, request) {
      if (!trainers.has(model)) throw new Problem(409, 'conflict', `${model} can't be trained here; ${[...trainers.keys()].join(', ')} can`)
      const parsed = trainRequest.safeParse(request)
      if (!parsed.success) throw invalidRequest(problemsOf(parsed.error))
      const { periodDays, seed } = parsed.data
      const run = await createTraining(database, { tenantId, model, requestedBy: keyId, seed, from: new Date(nowMs - periodDays * 86_400_000), to: new Date(nowMs) })
      if (run === undefined) throw new Problem(429, 'busy', `${trainingBounds.pendingMax} trainings wait or run already`, { retryAfterSeconds: 60 })
      worker.look()
      return { runId: run.id }
    },
    routes(app) {
      addTrainingRoutes(app, { directory, database, models: [...trainers.keys()], nowMs: Date.now })
      addLabelRoutes(app, { directory, database })
    },
  }
}
