import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { repeatWork } from '@ott/service/repeat-work'
import { endRecovered } from '../alerts/end-recovered.ts'
import { endDueAlerts, type TellOptions } from '../alerts/tell-alerts.ts'
import type { Configurations } from '../configuration/configuration-store.ts'
import { forgetDeliveries } from '../deliveries/forget-deliveries.ts'
import { tellEndingSilences } from '../silences/tell-ending-silences.ts'
import { escalateDueGroup } from './escalate-due.ts'
import { flushDueGroup } from './flush-due.ts'
import { forgetRestingGroups, type Group } from './group-store.ts'

export interface GroupWorkOptions extends TellOptions {
  readonly directory: Pick<TenantDirectory, 'all'>
  readonly configurations: Configurations
  readonly publicUrl: string
  readonly intervalMs: number
  readonly deliveriesKeptMs: number
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
  const repeat = (everyMs: number, turn: (tenantIds: readonly string[], at: number) => Promise<number>) =>
    repeatWork({
      intervalMs: everyMs,
      atOnce: 1,
      onFault,
      async work() {
        const tenantIds = tenants()
        return tenantIds.length === 0 ? 0 : turn(tenantIds, nowMs())
      },
    })
  const stops = [
    repeat(intervalMs, async (tenantIds, at) => Number(await flushDueGroup(options, tenantIds, at))),
    repeat(seldomMs, async (tenantIds, at) => Number(await escalateDueGroup(options, tenantIds, at))),
    repeat(5_000, (tenantIds, at) => endRecovered(database, tenantIds, at)),
    repeat(seldomMs, (tenantIds, at) => endDueAlerts(options, tenantIds, at)),
    repeat(seldomMs, (tenantIds, at) => tellEndingSilences(database, keep, tenantIds, at)),
    repeat(forgetMs, (tenantIds, at) => forgetDeliveries(database, tenantIds, { keptMs: options.deliveriesKeptMs, nowMs: at })),
    repeat(forgetMs, async (tenantIds, at) => {
      await database.transaction(tenantIds, async (sql) => forgetRestingGroups(sql, at))
      return 0
    }),
  ]
  return {
    async stop() {
      await Promise.all(stops.map((each) => each.stop()))
    },
  }
}
