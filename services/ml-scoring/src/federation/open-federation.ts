import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { Database } from '@ott/postgres/database'
import type { Logger } from '@ott/telemetry/logger'
import { Counter, type Registry } from '@ott/telemetry/metrics'
import type { Express } from 'express'
import { leadTask } from '../lead-task.ts'
import type { ArtefactStore } from '../registry/artefact-store.ts'
import type { ModelRegistry } from '../registry/model-registry.ts'
import { readCodeVersion } from '../training/code-version.ts'
import { federatedSequenceRisk } from '../training/sequence-risk/federated-sequence-risk.ts'
import { beginDueRun, nextRunAt } from './begin-due-run.ts'
import { addFederationRoutes } from './federation-routes.ts'
import { takeUpRun } from './federation-run-store.ts'
import { delta, periodDays, shownEpsilon, type FederationTerms } from './federation-terms.ts'
import { listMembers } from './membership-store.ts'
import { runFederation } from './run-federation.ts'
import { secretNoise } from './secret-noise.ts'

export interface FederationSettings {
  readonly FEDERATION_CRON?: string | undefined
  readonly FEDERATION_ROUNDS: number
  readonly FEDERATION_CLIP_NORM: number
  readonly FEDERATION_NOISE_MULTIPLIER: number
}

export interface OpenFederationOptions {
  readonly settings: FederationSettings
  /** Whether this process trains at all. */
  readonly isTraining: boolean
  readonly database: Database
  readonly directory: TenantDirectory
  readonly store: ArtefactStore
  readonly registry: ModelRegistry
  readonly log: Logger
  readonly metrics: Registry
  readonly scope: AsyncDisposableStack
}

const lookEveryMs = 20_000
const leaseMs = 90_000

/** Averages models across the tenants that joined for it: by one process, when its turn comes, where the installation has turns. */
export function openFederation({ settings, isTraining, database, directory, store, registry, log, metrics, scope }: OpenFederationOptions): { routes(app: Express): void } {
  const federated = federatedSequenceRisk
  const { model } = federated
  const terms: FederationTerms = { rounds: settings.FEDERATION_ROUNDS, clipNorm: settings.FEDERATION_CLIP_NORM, noiseMultiplier: settings.FEDERATION_NOISE_MULTIPLIER, delta, periodDays }
  const { FEDERATION_CRON: cron } = settings
  const tenants = () => directory.all().map(({ tenantId }) => tenantId)
  const rounds = new Counter({ name: 'ott_federation_rounds_total', help: 'Rounds of averaging across tenants that this process led.', labelNames: ['model'], registers: [metrics] })
  if (cron !== undefined && isTraining) {
    const task = leadTask({
      ...{ database, task: `federation-${model}`, intervalMs: lookEveryMs, leaseMs },
      onFault: (error) => log.warn({ error: String(error) }, 'averaging across tenants was interrupted, repeating later'),
      async work(signal) {
        await beginDueRun({ database, federated, terms, cron, tenants: tenants(), now: new Date() })
        const run = await takeUpRun(database, model)
        if (run === undefined) return
        await runFederation(
          run,
          {
            ...{ database, store, registry, federated, tenants, codeVersion: readCodeVersion, noise: secretNoise() },
            onRound({ id, terms: agreed }, { round, members, epsilon }) {
              rounds.inc({ model })
              log.info({ runId: id, model, round, rounds: agreed.rounds, members, epsilon: shownEpsilon(epsilon), delta: agreed.delta }, 'a round of averaging has ended')
            },
            onEnd: ({ id }, status, reason) => log.info({ runId: id, model, status, reason: reason ?? undefined }, 'averaging has ended'),
          },
          signal,
        )
      },
    })
    scope.defer(() => task.stop())
  }
  return {
    routes: (app) =>
      addFederationRoutes(app, {
        ...{ directory, database, terms, models: [model] },
        nextRunAt: async () => (cron === undefined ? undefined : nextRunAt(database, model, cron, await listMembers(database, tenants(), model))),
      }),
  }
}
