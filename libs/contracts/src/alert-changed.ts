import { z } from 'zod'
import { defineEvent, type EventOf } from './define-event.ts'
import { severity } from './severity.ts'

export const alertStatuses = ['pending', 'delivered', 'failed', 'unrouted'] as const

/** An alert was raised for a violation, or its delivery ended. */
export const alertChanged = defineEvent({
  type: 'com.ott.alert.changed.v1',
  topic: 'alerts.v1',
  owner: 'alerting',
  description: 'An alert was raised for a violation, or its delivery ended.',
  data: z.looseObject({
    alertId: z.string(),
    violationId: z.string(),
    rule: z.string(),
    severity,
    /** `unrouted`: the tenant has named no receiver. */
    status: z.enum(alertStatuses),
  }),
})
export type AlertChanged = EventOf<typeof alertChanged>
