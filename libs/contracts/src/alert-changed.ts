import { z } from 'zod'
import { defineEvent, type EventOf } from './define-event.ts'
import { severity } from './severity.ts'

export const alertStatuses = ['firing', 'acknowledged', 'resolved'] as const
export type AlertStatus = (typeof alertStatuses)[number]

/** An alert began, somebody takes care of it, or it ended. */
export const alertChanged = defineEvent({
  type: 'com.ott.alert.changed.v1',
  topic: 'alerts.v1',
  owner: 'alerting',
  description: 'An alert began, somebody takes care of it, or it ended.',
  data: z.looseObject({
    alertId: z.string(),
    /** Of an alert that a violation raised. */
    violationId: z.string().optional(),
    /** The rule that was broken; of an alert that came from elsewhere its label `alertname`. */
    rule: z.string(),
    severity: severity.optional(),
    status: z.enum(alertStatuses),
  }),
})
export type AlertChanged = EventOf<typeof alertChanged>
