import type { Alert, Labels } from '@ott/alert-routing/alert'
import { alertChanged, type AlertChanged, type AlertStatus } from '@ott/contracts/alert-changed'
import { derivedId } from '@ott/contracts/derived-id'
import type { ViolationChange, ViolationChanged } from '@ott/contracts/violation-changed'
import { violationOpened, type ViolationOpened } from '@ott/contracts/violation-opened'
import type { Received } from '@ott/pipeline/define-stage'
import { emit, emitOf, type Decision } from '@ott/pipeline/outcome'

export type ViolationEvent = ViolationOpened | ViolationChanged

/** What an alert of a violation is from now on. */
export interface AlertRow extends Pick<Alert, 'id' | 'labels' | 'annotations' | 'startsAtMs' | 'endsAtMs'> {
  readonly violationId: string
  /** What the violation says of itself counts only while nothing later is known. */
  readonly violationVersion: number
  readonly status: AlertStatus
  readonly acknowledgement: { readonly atMs: number; readonly by: string; readonly note: string | undefined } | undefined
  /** What partners may hear of it. */
  readonly news: readonly News[]
}

/** One thing that happened, as a webhook tells it. */
export interface News {
  readonly type: string
  readonly messageId: string
  readonly timestamp: string
  readonly data: Readonly<Record<string, unknown>>
}

/** What a change to a violation makes of its alert; the others leave it as it is. */
const statusAfter: Readonly<Partial<Record<ViolationChange, AlertStatus>>> = {
  acknowledged: 'acknowledged',
  review_started: 'acknowledged',
  resolved: 'resolved',
  false_positive: 'resolved',
  incident_ended: 'resolved',
  incident_resumed: 'firing',
  reopened: 'firing',
}

/**
 * The alert of a violation: one as long as it lives. It fires from the opening on, somebody's acknowledgement is the alert's, too, and it
 * ends when the case is closed or the incident has ended. Pure, and from the event alone: a replay tells the same.
 */
export function alertOfViolation({ event, subject, tenantId }: Received<ViolationEvent>): Decision<AlertRow> {
  const { violationId, rule, regulation, citation, severity, message, openedAt } = event.data
  const id = alertIdOf(violationId)
  const change = isChange(event) ? event.data : undefined
  const status = change === undefined ? 'firing' : currentStatus(change)
  const changedAtMs = Date.parse(change?.changedAt ?? openedAt)
  const labels: Labels = { alertname: rule, regulation, severity, subject }
  const told = change === undefined ? status : statusAfter[change.change]
  const changed: AlertChanged['data'] = { alertId: id, violationId, rule, severity, status }
  const row: AlertRow = {
    id,
    violationId,
    violationVersion: change?.version ?? 1,
    labels,
    annotations: { summary: message, citation, violation_id: violationId },
    startsAtMs: Date.parse(openedAt),
    endsAtMs: status === 'resolved' ? changedAtMs : undefined,
    status,
    acknowledgement: status === 'acknowledged' ? { atMs: changedAtMs, by: change?.changedBy ?? 'unknown', note: change?.reason } : undefined,
    news: newsOf({ event, tenantId, subject, alertId: id, told }),
  }
  return emit(told === undefined ? [] : [emitOf(alertChanged, changed, { naturalKey: status })], [row])
}

export function alertIdOf(violationId: string): string {
  return derivedId(violationId, alertChanged.topic)
}

function isChange(event: ViolationEvent): event is ViolationChanged {
  return event.type !== violationOpened.type
}

function currentStatus({ status, isOngoing }: ViolationChanged['data']): AlertStatus {
  if (status === 'resolved' || status === 'false_positive' || !isOngoing) return 'resolved'
  return status === 'open' ? 'firing' : 'acknowledged'
}

function newsOf({ event, tenantId, subject, alertId, told }: { event: ViolationEvent; tenantId: string; subject: string; alertId: string; told: AlertStatus | undefined }): News[] {
  const timestamp = isChange(event) ? event.data.changedAt : event.data.openedAt
  const data = { alertId, tenantId, subject, ...event.data }
  // The opening is told under the alert's own id, which is what receivers know it by.
  const violation: News = isChange(event)
    ? { type: `violation.${event.data.change}`, messageId: derivedId(event.id, 'webhooks', 'violation'), timestamp, data }
    : { type: 'violation.opened', messageId: alertId, timestamp, data }
  if (told === undefined) return [violation]
  return [violation, { type: `alert.${told}`, messageId: derivedId(event.id, 'webhooks', 'alert'), timestamp, data: { ...data, status: told } }]
}
