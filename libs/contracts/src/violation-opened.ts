import { z } from 'zod'
import { defineEvent, type EventOf } from './define-event.ts'
import { severity } from './severity.ts'

/** A rule broken, or behaviour too risky, by one viewer. One per subject and cause while it lasts. */
export const violationOpened = defineEvent({
  type: 'com.ott.violation.opened.v1',
  topic: 'violations.v1',
  owner: 'violation',
  description: 'A violation began: the first evidence of a cause for a viewer since the last one ended.',
  data: z.looseObject({
    violationId: z.string(),
    rule: z.string(),
    regulation: z.string(),
    citation: z.string(),
    severity,
    message: z.string(),
    /** RFC 3339, event time of the first evidence. */
    openedAt: z.string(),
    eventId: z.string(),
  }),
})
export type ViolationOpened = EventOf<typeof violationOpened>
