import { buildEvent } from '@ott/contracts/define-event'
import { eventAssessed, type EventAssessed } from '@ott/contracts/event-assessed'
import type { Received } from '@ott/pipeline/define-stage'

/** One failed sign-in, assessed, as the scoring stage receives it. */
export function failedSignIn(n: number, { subject = 'viewer-1', tenantId = 'acme' } = {}): Received<EventAssessed> {
  const time = new Date(Date.UTC(2026, 2, 1, 12) + n * 1_000).toISOString()
  const event = buildEvent(eventAssessed, {
    id: `assessed-${n}`,
    subject,
    time,
    tenantid: tenantId,
    data: {
      event: { id: `e-${n}`, source: '/app', type: 'com.ott.signin.failed.v1', time, data: { attempts: 1 } },
      receivedAt: time,
      ruleSetVersion: 'test-1',
      findings: [],
    },
  })
  const record = { topic: eventAssessed.topic, partition: 0, offset: BigInt(n), timestampMs: 0, key: `${tenantId}:${subject}`, value: null, headers: {} }
  return { record, event, tenantId, subject, time, id: event.id, traceparent: undefined }
}
