import { z } from 'zod'
import { defineEvent, type EventOf } from './define-event.ts'
import { acceptedViewerEvent } from './event-accepted.ts'
import { finding } from './event-assessed.ts'
import { screening } from './screening.ts'

/** What the six risk factors measure over a viewer's sliding windows. */
export const riskFactorNames = ['consentChanges', 'pastViolations', 'dataAccess', 'signInFailures', 'impossibleTravel', 'errorRate'] as const
export type RiskFactorName = (typeof riskFactorNames)[number]

export const risk = z.looseObject({
  /** 0 (nothing unusual) to 1. */
  score: z.number().min(0).max(1),
  /** Contributions sum to the score. `value` is what was measured, in the factor's own unit. */
  factors: z.array(z.looseObject({ name: z.enum(riskFactorNames), value: z.number(), contribution: z.number() })),
  modelVersion: z.string(),
})
export type Risk = z.infer<typeof risk>

export const eventScored = defineEvent({
  type: 'com.ott.event.scored.v1',
  topic: 'events.scored.v1',
  owner: 'ml-scoring',
  description: "An assessed event with the risk its viewer's behaviour shows after it.",
  data: z.looseObject({
    event: acceptedViewerEvent,
    receivedAt: z.string(),
    screening: screening.optional(),
    ruleSetVersion: z.string(),
    findings: z.array(finding),
    risk,
  }),
})
export type EventScored = EventOf<typeof eventScored>
