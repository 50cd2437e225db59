import { buildEvent } from '@ott/contracts/define-event'
import { violationOpened, type ViolationOpened } from '@ott/contracts/violation-opened'
import type { Received } from '@ott/pipeline/define-stage'

/** A violation that opened, as the alerting stage receives it. */
export function aViolation(id: string, { tenantId = 'acme', subject = 'viewer-1' } = {}): Received<ViolationOpened> {
  const time = '2026-03-01T12:00:00Z'
  const event: ViolationOpened = buildEvent(violationOpened, {
    id: `violation-${tenantId}-${id}`,
    subject,
    time,
    tenantid: tenantId,
    data: { violationId: `violation-${tenantId}-${id}`, rule: 'r1', regulation: 'test', citation: 'Test § 1', severity: 'high', message: 'broken', openedAt: time, eventId: `e-${id}` },
  })
  const record = { topic: violationOpened.topic, partition: 0, offset: 0n, timestampMs: 0, key: `${tenantId}:${subject}`, value: null, headers: {} }
  return { record, event, tenantId, subject, time, id: event.id, traceparent: undefined }
}
