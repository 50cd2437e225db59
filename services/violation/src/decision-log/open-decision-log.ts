import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { Database } from '@ott/postgres/database'
import { repeatWork } from '@ott/service/repeat-work'
import type { Logger } from '@ott/telemetry/logger'
import { Counter, Gauge, type Registry } from '@ott/telemetry/metrics'
import type { Express } from 'express'
import { openCheckpointKeys } from './checkpoint.ts'
import { addDecisionLogRoutes } from './decision-log-routes.ts'
import { createSealer, type Sealer, type SealerObserver } from './sealer.ts'

/** Entries between checkpoints, and the time after which there is one all the same. */
export const checkpointEvery = { checkpointEntries: 1_000, checkpointIntervalMs: 60_000 } as const
/** Beyond these the stage pauses. */
export const waitingMax = { waitingEntriesMax: 200_000, waitingMsMax: 60_000 } as const
/** Each turn costs commits beside those of the stage: seldom enough that it is no part of the latency of one event in a hundred. */
const turnIntervalMs = 2_000

export interface DecisionLogOptions {
  readonly database: Database
  readonly directory: TenantDirectory
  readonly settings: { readonly DECISION_LOG_SIGNING_KEY?: string | undefined; readonly DECISION_LOG_RETIRED_KEYS: string }
  readonly log: Logger
  readonly registry: Registry
  readonly scope: AsyncDisposableStack
}

/** The decision log of this process: seals at intervals what the stage writes, and answers for it. */
export function openDecisionLog({ database, directory, settings, log, registry, scope }: DecisionLogOptions): { readonly admit: Sealer['admit']; routes(app: Express): void } {
  const keys = openCheckpointKeys(settings.DECISION_LOG_SIGNING_KEY, settings.DECISION_LOG_RETIRED_KEYS)
  const sealer = createSealer({
    database,
    tenantIds: () => directory.all().map(({ tenantId }) => tenantId),
    nowMs: Date.now,
    sign: keys.sign,
    ...checkpointEvery,
    ...waitingMax,
    observer: observeSealer(registry, log),
  })
  const sealing = repeatWork({
    intervalMs: turnIntervalMs,
    // A turn seals all there is, and tells of faults itself.
    atOnce: 1,
    work: async () => {
      await sealer.turn()
      return 0
    },
    onFault: (error) => log.warn({ error: String(error) }, 'a turn of sealing failed'),
  })
  scope.defer(() => sealing.stop())
  return {
    admit: sealer.admit,
    routes: (app) => addDecisionLogRoutes(app, { database, directory, keys }),
  }
}

function observeSealer(registry: Registry, log: Logger): SealerObserver {
  const waitingEntries = new Gauge({ name: 'ott_decision_log_waiting_entries', help: 'Entries of the decision log that wait to be sealed.', labelNames: ['tenant'], registers: [registry] })
  const waitingSeconds = new Gauge({ name: 'ott_decision_log_waiting_seconds', help: 'How long the entry that waits longest to be sealed has waited.', labelNames: ['tenant'], registers: [registry] })
  const sealedEntries = new Counter({ name: 'ott_decision_log_sealed_entries_total', help: 'Entries sealed into the chain of the decision log.', labelNames: ['tenant'], registers: [registry] })
  const checkpoints = new Counter({ name: 'ott_decision_log_checkpoints_total', help: 'Checkpoints of the decision log signed.', labelNames: ['tenant'], registers: [registry] })
  const faults = new Counter({ name: 'ott_decision_log_faults_total', help: 'Turns of sealing the decision log that failed; what waited still waits.', registers: [registry] })
  return {
    waiting(waiting, nowMs) {
      waitingEntries.reset()
      waitingSeconds.reset()
      for (const [tenant, { entries, sinceMs }] of waiting) {
        waitingEntries.set({ tenant }, entries)
        waitingSeconds.set({ tenant }, Math.max(0, nowMs - sinceMs) / 1_000)
      }
    },
    sealed(tenant, sealed) {
      if (sealed.entries > 0) sealedEntries.inc({ tenant }, sealed.entries)
      if (sealed.checkpoints > 0) checkpoints.inc({ tenant }, sealed.checkpoints)
    },
    fault(error) {
      faults.inc()
      log.warn({ error: error instanceof Error ? error.message : String(error) }, 'the decision log could not be sealed; it is tried again')
    },
  }
}
