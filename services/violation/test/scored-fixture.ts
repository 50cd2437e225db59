import { buildEvent } from '@ott/contracts/define-event'
import { eventScored, riskFactorNames, type EventScored, type RiskFactorName } from '@ott/contracts/event-scored'
import type { Severity } from '@ott/contracts/severity'
import type { Received } from '@ott/pipeline/define-stage'

export interface ScoredParts {
  readonly tenantId?: string
  readonly subject?: string
  readonly time?: string
  /** Rules that found something. */
  readonly rules?: readonly string[]
  /** Contribution of each factor; their sum is the score. */
  readonly factors?: Partial<Record<RiskFactorName, number>>
  /** Of what the rules found. */
  readonly severity?: Severity
  /** What the order of events adds to it. */
  readonly context?: EventScored['data']['risk']['context']
}

/** A scored event with these findings and this risk, as the violation stage receives it. */
export function aScored(id: string, parts: ScoredParts = {}): Received<EventScored> {
  const { tenantId = 'acme', subject = 'viewer-1', time = '2026-03-01T12:00:00.000Z', rules = [], severity = 'high', factors = {}, context } = parts
  const measured = riskFactorNames.map((name) => ({ name, value: (factors[name] ?? 0) * 10, contribution: factors[name] ?? 0 }))
  const event: EventScored = buildEvent(eventScored, {
    id: `scored-${tenantId}-${id}`,
    subject,
    time,
    tenantid: tenantId,
    data: {
      event: { id, source: '/app', type: 'com.ott.playback.started.v1', time, data: {} },
      receivedAt: '2026-03-01T12:00:00.000Z',
      ruleSetVersion: 'test-1',
      findings: rules.map((rule) => ({ rule, regulation: 'test', citation: 'Test § 1', severity, message: `${rule} is broken`, values: { id } })),
      risk: { score: measured.reduce((sum, { contribution }) => sum + contribution, context?.contribution ?? 0), factors: measured, modelVersion: 'test', ...(context === undefined ? {} : { context }) },
    },
  })
  const record = { topic: eventScored.topic, partition: 0, offset: 0n, timestampMs: Date.parse(time), key: `${tenantId}:${subject}`, value: null, headers: {} }
  return { record, event, tenantId, subject, time, id: event.id, traceparent: undefined }
}
