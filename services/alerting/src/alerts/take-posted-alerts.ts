import { invalidRequest } from '@ott/http/problem'
import type { z } from 'zod'
import { configurationOf, type Configurations } from '../configuration/configuration-store.ts'
import { alertIdOfLabels } from './alert-id.ts'
import { readKnown } from './alert-store.ts'
import { endsBeforeItStarts, toldByApi, type postedAlerts } from './posted-alerts.ts'
import { alertRecord, webhookNews, type AlertNews, type TellOptions } from './tell-alerts.ts'

/** Takes alerts that another program tells of, such as a tenant's own Prometheus; of those that began or ended it tells others. Throws a Problem for impossible times. */
export async function takePostedAlerts(
  { database, bus, keep, configurations }: TellOptions & { readonly configurations: Configurations },
  tenantId: string,
  posted: z.infer<typeof postedAlerts>,
  nowMs: number,
): Promise<void> {
  const problems = endsBeforeItStarts(posted)
  if (problems.length > 0) throw invalidRequest(problems)
  await database.transaction([tenantId], async (sql) => {
    const { resolveTimeoutMs } = await configurationOf(configurations, sql, tenantId)
    const known = await readKnown(sql, tenantId, posted.map(({ labels }) => alertIdOfLabels(labels)))
    // Of one alert told of twice in a request the last counts.
    const told = new Map(posted.map((alert) => toldByApi(alert, { tenantId, known: known.get(alertIdOfLabels(alert.labels))?.alert, resolveTimeoutMs, nowMs })).map((alert) => [alert.id, alert]))
    const news = [...told.values()].flatMap((alert): AlertNews[] => {
      const wasFiring = (known.get(alert.id)?.status ?? 'resolved') !== 'resolved'
      if (wasFiring === (alert.status !== 'resolved')) return []
      return [{ tenantId, id: alert.id, violationId: null, rule: alert.labels['alertname'] ?? '', labels: alert.labels, status: alert.status, atMs: nowMs, traceparent: undefined }]
    })
    await keep([...told.values()], news.map(webhookNews), sql, nowMs)
    if (news.length > 0) await bus.publish(news.map(alertRecord))
  })
}
