import type { ModelName } from '@ott/contracts/model-configured'
import { leadTask } from '../lead-task.ts'
import type { ModelsInForce } from '../registry/model-directory.ts'
import type { ServableModel } from '../scoring/servable-model.ts'
import { checkDrift, type CheckDriftOptions } from './check-drift.ts'
import { keptDays } from './compared-days.ts'
import type { DriftReport } from './drift-report-store.ts'
import { forgetLiveSpreads } from './spread-store.ts'

export interface WatchDriftOptions extends CheckDriftOptions {
  tenants(): readonly string[]
  modelsOf(tenantId: string, model: ModelName): ModelsInForce<ServableModel>
  readonly intervalMs: number
  readonly leaseMs: number
  nowMs(): number
  /** What a check found; undefined when the model has no champion. */
  onReport(tenantId: string, model: ModelName, report: DriftReport | undefined): void
  onFault(error: unknown): void
}

/** Models whose reference is kept with them. */
export const watchedModels = ['risk-ensemble'] as const satisfies readonly ModelName[]

const tenantsAtOnce = 200

/** Holds what champions meet against what they were trained on. One process does it for all; done twice it tells the same. */
export function watchDrift({ tenants, modelsOf, intervalMs, leaseMs, nowMs, onReport, onFault, ...options }: WatchDriftOptions) {
  return leadTask({
    database: options.database,
    task: 'drift',
    intervalMs,
    leaseMs,
    onFault,
    async work(signal) {
      const all = tenants()
      for (let from = 0; from < all.length && !signal.aborted; from += tenantsAtOnce) {
        await forgetLiveSpreads(options.database, all.slice(from, from + tenantsAtOnce), keptDays(nowMs())).catch(onFault)
      }
      for (const tenantId of all) {
        for (const model of watchedModels) {
          if (signal.aborted) return
          // One tenant's drift that can't be told doesn't hold up the others'.
          await check(tenantId, model).catch(onFault)
        }
      }
    },
  })

  async function check(tenantId: string, model: ModelName): Promise<void> {
    const { champion } = modelsOf(tenantId, model)
    onReport(tenantId, model, champion === undefined ? undefined : await checkDrift(tenantId, model, champion, new Date(nowMs()), options))
  }
}
