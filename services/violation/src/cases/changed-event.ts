import { buildEvent } from '@ott/contracts/define-event'
import { derivedId } from '@ott/contracts/derived-id'
import { violationChanged, type ViolationChanged } from '@ott/contracts/violation-changed'
import { isOngoing, type CaseChange } from './violation-case.ts'

/** What is told of a change. Its id is derived from the violation and its version: told twice, it is the same. */
export function changedEvent(tenantId: string, subject: string, { change, violation, by, reason, assignee, clock }: CaseChange, nowMs: number): ViolationChanged {
  const { id, rule, regulation, citation, severity, message, status, openedAtMs, version } = violation
  const changedAt = new Date(nowMs).toISOString()
  return buildEvent(violationChanged, {
    id: derivedId(id, violationChanged.topic, `version ${version}`),
    subject,
    time: changedAt,
    tenantid: tenantId,
    data: {
      violationId: id,
      change,
      rule,
      regulation,
      citation,
      severity,
      message,
      status,
      isOngoing: isOngoing(violation),
      openedAt: new Date(openedAtMs).toISOString(),
      changedAt,
      ...(by === undefined ? {} : { changedBy: by }),
      ...(reason === undefined ? {} : { reason }),
      ...(assignee === undefined ? {} : { assignee }),
      ...(clock === undefined ? {} : { clock }),
      version,
    },
  })
}
