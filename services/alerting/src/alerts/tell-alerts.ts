import type { AlertStatus } from '@ott/contracts/alert-changed'
import { alertChanged } from '@ott/contracts/alert-changed'
import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { derivedId } from '@ott/contracts/derived-id'
import { severity } from '@ott/contracts/severity'
import type { Bus } from '@ott/pipeline/bus'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { Database } from '@ott/postgres/database'
import { acknowledge, takeEndedAlerts, type AlertItem, type ChangedAlert } from './alert-store.ts'
import type { KeepAlerts, TenantNews } from './keep-alerts.ts'

/** One change of one alert that no event of the pipeline brought: a person's, a clock's, or another program's. */
export interface AlertNews extends Pick<AlertItem, 'id' | 'rule' | 'labels'> {
  readonly tenantId: string
  readonly violationId: string | null
  readonly status: AlertStatus
  readonly atMs: number
  readonly traceparent: string | undefined
}

export interface TellOptions {
  readonly database: Database
  readonly bus: Pick<Bus, 'publish'>
  readonly keep: KeepAlerts
}

/** The record of a change. Its id names alert, state and time: told twice, it is the same. */
export function alertRecord({ tenantId, id, violationId, rule, labels, status, atMs, traceparent }: AlertNews): OutboundRecord {
  const time = new Date(atMs).toISOString()
  const event = buildEvent(alertChanged, {
    id: derivedId(id, alertChanged.topic, `${status} ${time}`),
    subject: labels['subject'] ?? id,
    time,
    tenantid: tenantId,
    data: {
      alertId: id,
      rule,
      status,
      ...(violationId === null ? {} : { violationId }),
      ...(severity.safeParse(labels['severity']).success ? { severity: severity.parse(labels['severity']) } : {}),
    },
  })
  return {
    topic: alertChanged.topic,
    key: recordKeyOf(event),
    value: JSON.stringify(event),
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8', ...(traceparent === undefined ? {} : { traceparent }) },
  }
}

/** What partners hear of a change. */
export function webhookNews({ tenantId, id, violationId, rule, labels, status, atMs, traceparent }: AlertNews): TenantNews {
  const timestamp = new Date(atMs).toISOString()
  return {
    tenantId,
    lane: violationId ?? id,
    traceparent,
    type: `alert.${status}`,
    messageId: derivedId(id, 'webhooks', `${status} ${timestamp}`),
    timestamp,
    data: { alertId: id, tenantId, violationId, rule, labels, status },
  }
}

const newsOf = (alert: ChangedAlert, atMs: number): AlertNews => ({ ...alert, atMs })

/** Tells of alerts whose time has run out. The topic hears it before it is kept: after a crash in between it hears it twice, never not. */
export function endDueAlerts({ database, bus, keep }: TellOptions, tenants: readonly string[], nowMs: number): Promise<number> {
  return database.transaction(tenants, async (sql) => {
    const ended = (await takeEndedAlerts(sql, nowMs, 500)).map((alert) => newsOf(alert, nowMs))
    if (ended.length === 0) return 0
    await keep([], ended.map(webhookNews), sql, nowMs)
    await bus.publish(ended.map(alertRecord))
    return ended.length
  })
}

/** @returns false when there is no such alert, or nothing that fires; one that is acknowledged already stays as it is */
export function acknowledgeAlert({ database, bus, keep }: TellOptions, tenantId: string, request: { id: string; by: string; note: string | undefined }, nowMs: number): Promise<boolean> {
  return database.transaction([tenantId], async (sql) => {
    const changed = await acknowledge(sql, tenantId, request, nowMs)
    if (changed === undefined) return false
    const news = newsOf(changed, nowMs)
    await keep([], [webhookNews(news)], sql, nowMs)
    await bus.publish([alertRecord(news)])
    return true
  })
}
