import type { Sql } from '@ott/postgres/database'
import type { Configurations } from '../configuration/configuration-store.ts'
import { assignGroups } from '../groups/assign-groups.ts'
import type { AnnounceEvents } from '../webhooks/announce-events.ts'
import type { News } from './alert-of-violation.ts'
import { saveAlerts, type SavedAlert, type ToldAlert } from './save-alerts.ts'

export interface TenantNews extends News {
  readonly tenantId: string
  /** What of one lane is told in order. */
  readonly lane: string
  readonly traceparent: string | undefined
}

/** Writes alerts, puts them into their groups, and queues what partners are to hear, all in the caller's transaction. */
export type KeepAlerts = (alerts: readonly ToldAlert[], news: readonly TenantNews[], sql: Sql, nowMs: number) => Promise<SavedAlert[]>

export function keepAlertsBy(configurations: Configurations, announce: AnnounceEvents): KeepAlerts {
  return async (alerts, news, sql, nowMs) => {
    const tenantIds = [...new Set(alerts.map(({ tenantId }) => tenantId))]
    const inForce = await configurations.inForce(sql, tenantIds)
    const told = new Map(alerts.map((alert) => [`${alert.tenantId} ${alert.id}`, alert]))
    const saved = await saveAlerts(alerts, sql, nowMs)
    const toAssign = saved.flatMap((alert) => {
      const configuration = inForce.get(alert.tenantId)
      if (configuration === undefined) return []
      // A violation may be old when it comes in; its receivers still get it together with what comes right after it.
      return [{ tenantId: alert.tenantId, alert, configuration, waitsFromNow: told.get(`${alert.tenantId} ${alert.id}`)?.source !== 'api' }]
    })
    assignGroups(toAssign, sql, nowMs)
    for (const [tenantId, items] of Map.groupBy(news, (item) => item.tenantId)) {
      const events = items.map(({ type, messageId, timestamp, data, lane, traceparent }) => ({ messageId, lane, event: { type, timestamp, data }, traceparent }))
      await announce(sql, tenantId, events, nowMs)
    }
    return saved
  }
}
