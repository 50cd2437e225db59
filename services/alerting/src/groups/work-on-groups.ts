import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { flushAtIntervals } from '@ott/pipeline/flush-at-intervals'
import { endRecovered } from '../alerts/end-recovered.ts'
import { endDueAlerts, type TellOptions } from '../alerts/tell-alerts.ts'
import type { Configurations } from '../configuration/configuration-store.ts'
import { tellEndingSilences } from '../silences/tell-ending-silences.ts'
import { escalateDueGroup } from './escalate-due.ts'
import { flushDueGroup } from './flush-due.ts'
import { forgetRestingGroups, type Group } from './group-store.ts'

export interface GroupWorkOptions extends TellOptions {
  readonly directory: Pick<TenantDirectory, 'all'>
  readonly configurations: Configurations
  readonly publicUrl: string
  readonly intervalMs: number
  readonly nowMs: () => number
  onFlushed(group: Group, notifications: number): void
  onFault(error: unknown): void
}

/** Between two looks at what is seldom due. */
const seldomMs = 1_000
const forgetMs = 3_600_000

/** What the clock brings about: groups that are due, steps of escalation, alerts and silences that end. Any number of processes may do so side by side. */
export function workOnGroups(options: GroupWorkOptions): { stop(): Promise<void> } {
  const { database, directory, intervalMs, nowMs, onFault, keep } = options
  const tenants = () => directory.all().map(({ tenantId }) => tenantId)
  /** Works until nothing is due. A process that is told to stop finishes what it has in hand. */
  const repeat = (everyMs: number, turn: (tenantIds: readonly string[], at: number) => Promise<boolean>) => {
    let isStopping = false
    const loop = flushAtIntervals({
      intervalMs: everyMs,
      onFault,
      async flush() {
        for (let tenantIds = tenants(); !isStopping && tenantIds.length > 0 && (await turn(tenantIds, nowMs())); tenantIds = tenants());
      },
    })
    return () => {
      isStopping = true
      return loop.stop()
    }
  }
  const stops = [
    repeat(intervalMs, (tenantIds, at) => flushDueGroup(options, tenantIds, at)),
    repeat(seldomMs, (tenantIds, at) => escalateDueGroup(options, tenantIds, at)),
    repeat(5_000, async (tenantIds, at) => (await endRecovered(database, tenantIds, at)) > 0),
    repeat(seldomMs, async (tenantIds, at) => (await endDueAlerts(options, tenantIds, at)) > 0),
    repeat(seldomMs, async (tenantIds, at) => (await tellEndingSilences(database, keep, tenantIds, at)) > 0),
    repeat(forgetMs, async (tenantIds, at) => {
      await database.transaction(tenantIds, async (sql) => forgetRestingGroups(sql, at))
      return false
    }),
  ]
  return {
    async stop() {
      await Promise.all(stops.map((stop) => stop()))
    },
  }
}
