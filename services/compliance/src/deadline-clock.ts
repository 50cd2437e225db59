import { deadlinePassedType } from '@ott/contracts/viewer-event-types'
import type { Bus } from '@ott/pipeline/bus'
import { platformRecord } from '@ott/pipeline/platform-event'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { Database } from '@ott/postgres/database'
import { subjectOfTimeline } from '@ott/regulations/observe'
import { forgetTimelines, tellPassedDeadlines, type PassedDeadline } from './timeline-store.ts'

/** Of so many tenants together. */
const perTurn = 500
const tenantsAtOnce = 200
const forgetEveryMs = 3_600_000

export interface DeadlineClockOptions {
  readonly database: Database
  readonly bus: Pick<Bus, 'publish'>
  tenants(): readonly string[]
  readonly intervalMs: number
  nowMs(): number
  onFault(error: unknown): void
}

/**
 * The only place where rules meet the clock: says of every period that has ended that it has, as an event of its viewer. That event
 * walks through the pipeline like any other, is told twice at most as a duplicate, and is judged by its time, the end of the period.
 */
export function startDeadlineClock({ database, bus, tenants, intervalMs, nowMs, onFault }: DeadlineClockOptions): { stop(): Promise<void> } {
  let stopped = false
  let forgottenAtMs = Number.NEGATIVE_INFINITY
  let turn = Promise.resolve()
  const look = async () => {
    const now = new Date(nowMs())
    const forgets = now.getTime() >= forgottenAtMs + forgetEveryMs
    const all = tenants()
    for (let from = 0; from < all.length && !stopped; from += tenantsAtOnce) {
      const some = all.slice(from, from + tenantsAtOnce)
      await tellPassedDeadlines(database, some, now, perTurn, (passed) => bus.publish(passed.map(passedRecord)))
      if (forgets) await forgetTimelines(database, some, now)
    }
    if (forgets) forgottenAtMs = now.getTime()
  }
  let looking = false
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    turn = look().catch(onFault).finally(() => (looking = false))
  }, intervalMs)
  return {
    async stop() {
      stopped = true
      clearInterval(timer)
      await turn
    },
  }
}

/** The event that says so. Its id names the period: however often it is told, it is taken in once. */
export function passedRecord({ tenantId, name, dueAt }: PassedDeadline): OutboundRecord {
  const time = dueAt.toISOString()
  return platformRecord(tenantId, `${name} ${time}`, { type: deadlinePassedType, source: '/ott/compliance', subject: subjectOfTimeline(name), time, data: {} })
}
