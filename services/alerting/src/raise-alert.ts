import { alertChanged, type AlertChanged } from '@ott/contracts/alert-changed'
import { derivedId } from '@ott/contracts/derived-id'
import type { ViolationOpened } from '@ott/contracts/violation-opened'
import type { Received } from '@ott/pipeline/define-stage'
import { emit, emitOf, type Decision } from '@ott/pipeline/outcome'

/** A new alert. */
export interface AlertRow {
  readonly id: string
  readonly status: 'pending' | 'unrouted'
  /** What the receiver gets, a JSON object. */
  readonly payload: Readonly<Record<string, unknown>>
}

/** Raises one alert for a violation. Without a receiver it is kept as `unrouted`, so that nobody waits for it. */
export function raiseAlert({ event, tenantId, subject }: Received<ViolationOpened>, hasReceiver: boolean): Decision<AlertRow> {
  const { violationId, rule, regulation, citation, severity, message, openedAt, eventId } = event.data
  const id = derivedId(event.id, alertChanged.topic)
  const status = hasReceiver ? 'pending' : 'unrouted'
  const payload = {
    type: 'violation.opened',
    timestamp: openedAt,
    data: { alertId: id, tenantId, subject, violationId, rule, regulation, citation, severity, message, openedAt, eventId },
  }
  const changed: AlertChanged['data'] = { alertId: id, violationId, rule, severity, status }
  return emit([emitOf(alertChanged, changed, { naturalKey: status })], [{ id, status, payload }])
}
