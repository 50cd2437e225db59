import { TransientError } from '@ott/pipeline/errors'
import type { Database } from '@ott/postgres/database'
import { pairOf } from '@ott/regulations/rule-set-pair'
import { workOnQueue, type QueueWorker } from '@ott/service/work-on-queue'
import type { KnownRuleSets } from '../known-rule-sets.ts'
import { workInSlices } from '@ott/service/work-in-slices'
import { BacktestLostError, claimBacktest, endBacktest, releaseBacktest, type ClaimedBacktest } from './backtest-store.ts'
import { runBacktest } from './run-backtest.ts'

export interface BacktestRunnerOptions {
  readonly database: Database
  tenants(): readonly string[]
  readonly ruleSets: Pick<KnownRuleSets, 'byVersion'>
  /** How late an event may arrive and still count, as in the stage. */
  readonly latenessMs: number
  /** At once in this process. */
  readonly atOnce: number
  /** At once of one tenant, in all processes. */
  readonly perTenant: number
  /** How long a worker may be silent before another takes over. */
  readonly leaseMs: number
  readonly intervalMs: number
  onFault(error: unknown): void
  onEnd(backtest: ClaimedBacktest, ending: { readonly status: string; readonly longestSliceMs: number }): void
}

/** Claims without progress after which a backtest has failed. */
const attemptsMax = 5
/** Half of the processor's time is left to the stage. */
const slices = { sliceMs: 5, restShare: 1 }

/** Works on the queue of backtests beside the stage: in slices, so that no event waits for it. */
export function startBacktestRunner(options: BacktestRunnerOptions): QueueWorker {
  const { database, tenants, leaseMs, perTenant, atOnce, intervalMs, onFault } = options
  return workOnQueue({
    claim: () => claimBacktest(database, tenants(), { leaseMs, perTenant }),
    work: (claimed, signal) => workOn(claimed, options, signal),
    atOnce,
    intervalMs,
    onFault,
  })
}

async function workOn(claimed: ClaimedBacktest, { database, ruleSets, latenessMs, leaseMs, onFault, onEnd }: BacktestRunnerOptions, signal: AbortSignal): Promise<void> {
  const sliced = workInSlices({ ...slices, nowMs: () => performance.now() })
  const end = async (ending: Parameters<typeof endBacktest>[2]) => {
    await endBacktest(database, claimed, ending)
    onEnd(claimed, { status: ending.status, longestSliceMs: sliced.longestMs })
  }
  try {
    if (claimed.attempts > attemptsMax) return await end({ status: 'failed', failure: `gave up after ${attemptsMax} tries without progress` })
    const live = await ruleSets.byVersion(claimed.tenantId, claimed.liveVersion)
    const candidate = await ruleSets.byVersion(claimed.tenantId, claimed.candidateVersion)
    const missing = live === undefined ? claimed.liveVersion : candidate === undefined ? claimed.candidateVersion : undefined
    if (live === undefined || candidate === undefined) return await end({ status: 'failed', failure: `the rule set ${missing} is not there any more` })
    const isDone = await runBacktest(claimed, { database, pair: pairOf(live, candidate), latenessMs, leaseMs, slices: sliced, signal })
    if (isDone) await end({ status: 'finished' })
    else await releaseBacktest(database, claimed, 0)
  } catch (error) {
    if (error instanceof BacktestLostError) return
    onFault(error)
    // Later, by whoever is free: a database that is away comes back, and what always fails runs out of tries.
    await releaseBacktest(database, claimed, error instanceof TransientError ? 2_000 : 500).catch(onFault)
  }
}
