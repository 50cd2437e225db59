import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { eventAssessed, type EventAssessed } from '@ott/contracts/event-assessed'
import type { Received } from '@ott/pipeline/define-stage'
import type { OutboundRecord } from '@ott/pipeline/record'

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

/** The nth event of an hour (since 1970), assessed and received at once, as a record for the scoring stage: one a second, each of another viewer. */
export function assessedInHour(hour: number, n: number, { type, data }: { readonly type: string; readonly data: Readonly<Record<string, unknown>> }, tenantid = 'acme'): OutboundRecord {
  const subject = `viewer-${n}`
  const time = new Date(hour * 3_600_000 + n * 1_000).toISOString()
  const event = { id: `${hour}-${n}`, source: '/app', type, time, data }
  const assessed = buildEvent(eventAssessed, { id: `assessed-${hour}-${n}`, subject, time, tenantid, data: { event, receivedAt: time, ruleSetVersion: 'test-1', findings: [] } })
  return { topic: eventAssessed.topic, key: recordKeyOf({ tenantid, subject }), headers: {}, value: JSON.stringify(assessed) }
}
