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
  /** `value` is what was measured, in the factor's own unit. The contributions, with that of the context, sum to the score. */
  factors: z.array(z.looseObject({ name: z.enum(riskFactorNames), value: z.number(), contribution: z.number() })),
  /** What the order of the viewer's latest events says beyond the factors; absent where it says no more than they do, or no model reads it. */
  context: z.looseObject({ score: z.number().min(0).max(1), contribution: z.number() }).optional(),
  /** Names all models that had a say. */
  modelVersion: z.string(),
  /** What each of them said by itself; absent where there is one only. */
  models: z.array(z.looseObject({ model: z.string(), version: z.string(), score: z.number().min(0).max(1) })).optional(),
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
