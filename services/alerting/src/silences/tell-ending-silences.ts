import { silencedBy } from '@ott/alert-routing/silence'
import { derivedId } from '@ott/contracts/derived-id'
import type { Database } from '@ott/postgres/database'
import type { KeepAlerts } from '../alerts/keep-alerts.ts'
import { systemAlert } from '../alerts/system-alert.ts'
import { readFiring } from '../groups/group-store.ts'
import { compiled, takeEndingSilences } from './silence-store.ts'

const atOnce = 100

/**
 * Tells that silences end soon, by an alert `SilenceExpiring` that lasts until then, and to partners: who was spared may want more time,
 * or to be ready. Marked and queued in one transaction: once each.
 * @returns how many were told of
 */
export function tellEndingSilences(database: Database, keep: KeepAlerts, tenants: readonly string[], nowMs: number): Promise<number> {
  return database.transaction(tenants, async (sql) => {
    const ending = await takeEndingSilences(sql, nowMs, atOnce)
    for (const silence of ending) {
      const { tenantId, id, endsAtMs, comment, createdBy } = silence
      const hushing = { ...silence, matchers: compiled(silence.matchers) }
      const hushed = (await readFiring(sql, tenantId, nowMs)).filter(({ labels }) => silencedBy([hushing], labels, nowMs) !== undefined)
      const labels = { alertname: 'SilenceExpiring', severity: 'low', silence_id: id }
      const endsAt = new Date(endsAtMs).toISOString()
      const annotations = { summary: `A silence ends at ${endsAt}; ${hushed.length} alerts that fire now will be told of then`, comment, created_by: createdBy }
      const told = systemAlert({ tenantId, labels, annotations, startsAtMs: nowMs, endsAtMs }, nowMs)
      const data = { tenantId, silenceId: id, endsAt, comment, hushedAlerts: hushed.length }
      const news = { tenantId, lane: id, traceparent: undefined, type: 'silence.expiring', messageId: derivedId(id, 'webhooks', endsAt), timestamp: new Date(nowMs).toISOString(), data }
      await keep([told], [news], sql, nowMs)
    }
    return ending.length
  })
}
