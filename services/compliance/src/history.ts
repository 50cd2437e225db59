import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { Database } from '@ott/postgres/database'
import type { Logger } from '@ott/telemetry/logger'
import type { Express } from 'express'
import { addBacktestRoutes } from './backtest/backtest-routes.ts'
import { startBacktestRunner } from './backtest/backtest-runner.ts'
import { addExplanationRoutes } from './explanation/explanation-routes.ts'
import type { KnownRuleSets } from './known-rule-sets.ts'
import { addShadowRoutes } from './shadow/shadow-routes.ts'

export interface HistoryOptions {
  readonly database: Database
  readonly directory: TenantDirectory
  readonly ruleSets: KnownRuleSets
  readonly latenessMs: number
  /** How many backtests run at once in this process; none, where others are to do it. */
  readonly backtestsAtOnce: number
  readonly log: Logger
  readonly scope: AsyncDisposableStack
}

/** Longer than any statement may take, so that a count in hand isn't taken for a crash. */
const leaseMs = 40_000
const lookEveryMs = 2_000

/** What looks back: explanations of single events, backtests of stored periods, and what shadows decided. */
export function openHistory({ database, directory, ruleSets, latenessMs, backtestsAtOnce, log, scope }: HistoryOptions): { routes(app: Express): void } {
  const runner = startBacktestRunner({
    database,
    tenants: () => directory.all().map(({ tenantId }) => tenantId),
    ruleSets,
    latenessMs,
    atOnce: backtestsAtOnce,
    perTenant: 1,
    leaseMs,
    intervalMs: lookEveryMs,
    onFault: (error) => log.warn({ error: String(error) }, 'a backtest was interrupted, repeating later'),
    onEnd: ({ id, tenantId }, { status, longestSliceMs }) => log.info({ backtestId: id, tenantId, status, longestSliceMs }, 'backtest ended'),
  })
  scope.defer(() => runner.stop())
  const common = { directory, database, ruleSets, nowMs: Date.now }
  return {
    routes(app) {
      addExplanationRoutes(app, common)
      addBacktestRoutes(app, { ...common, onCreated: () => runner.look() })
      addShadowRoutes(app, common)
    },
  }
}
