import { z } from 'zod'
import { defineEvent, type EventOf } from './define-event.ts'
import { acceptedViewerEvent } from './event-accepted.ts'
import { personal } from './privacy.ts'
import { screening } from './screening.ts'
import { severity } from './severity.ts'

/** One rule of a regulation that one event breaks. */
export const finding = z.looseObject({
  /** Such as `gdpr.art7.withdrawn-consent`. */
  rule: z.string(),
  regulation: z.string(),
  /** The article or section, such as `GDPR Art. 7(3)`. */
  citation: z.string(),
  severity,
  message: z.string(),
  remediation: z.string().optional(),
  /** The values the rule saw that mattered, by field path. */
  values: personal('sensitive', z.record(z.string(), z.unknown())),
})
export type Finding = z.infer<typeof finding>

export const eventAssessed = defineEvent({
  type: 'com.ott.event.assessed.v1',
  topic: 'events.assessed.v1',
  owner: 'compliance',
  description: 'An accepted event with what the rules in force found in it.',
  data: z.looseObject({
    event: acceptedViewerEvent,
    receivedAt: z.string(),
    screening: screening.optional(),
    ruleSetVersion: z.string(),
    findings: z.array(finding),
    /** Rules that could not be evaluated on this event: it is not known whether it breaks them. */
    failedRules: z.array(z.string()).optional(),
  }),
})
export type EventAssessed = EventOf<typeof eventAssessed>
