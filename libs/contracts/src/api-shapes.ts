import { z } from 'zod'
import { tenantId } from './define-event.ts'
import { alertShapes } from './alert-shapes.ts'
import { caseShapes } from './case-shapes.ts'
import { riskFactorNames } from './event-scored.ts'
import { decisionLogShapes } from './decision-log-shapes.ts'
import { historyShapes } from './history-shapes.ts'
import { modelShapes } from './model-shapes.ts'
import { seriesShapes } from './series-shapes.ts'
import { personal } from './privacy.ts'
import { problemTitles, type ProblemCode } from './problem-titles.ts'
import { ruleSetShapes } from './rule-set-shapes.ts'
import { screeningModes } from './screening.ts'
import { severity } from './severity.ts'
import { stageNames } from './topics.ts'
import { webhookShapes } from './webhook-shapes.ts'

/** What the REST addresses take and answer, as the OpenAPI document tells it. */

const time = z.iso.datetime()
const count = z.number().int().min(0)
const subject = personal('linkable', z.string())
const fieldProblem = z.object({ field: z.string().describe('Dotted path, such as `data.ip`.'), problem: z.string(), line: z.number().int().min(1).optional().describe('Of a text, such as the condition of a rule; from 1.'), column: z.number().int().min(1).optional() })

function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable().describe('Cursor of the page after this one.') })
}

const eventResult = z.object({
  index: count.describe('Place in the request, from 0.'),
  id: z.string().nullable(),
  status: z.enum(['accepted', 'refused']),
  errors: z.array(fieldProblem).optional(),
})

/** Problem details, RFC 9457. */
const problem = z.looseObject({
  type: z.string().regex(/^urn:ott:problem:/),
  title: z.string(),
  status: z.number().int().min(400).max(599),
  code: z.enum(Object.keys(problemTitles) as [ProblemCode, ...ProblemCode[]]).describe('Stable: clients may switch on it.'),
  detail: z.string(),
  errors: z.array(fieldProblem).optional(),
  results: z.array(eventResult).optional().describe('What became of each event of a refused request.'),
})

const eventDecision = z.object({
  id: z.string(),
  outcome: z.enum(['processed', 'duplicate', 'filtered', 'dead_lettered']),
  reason: z.string().optional().describe('Why it was not processed.'),
  stages: z.array(z.object({ stage: z.string(), at: time, durationMs: z.number() })),
  findings: z.array(z.object({ rule: z.string(), citation: z.string(), severity, message: z.string() })),
  risk: z
    .object({
      score: z.number().min(0).max(1),
      factors: z
        .array(z.object({ name: z.enum(riskFactorNames), contribution: z.number() }))
        .describe('The contributions sum to the score.'),
    })
    .nullable(),
  violations: z.array(z.string()),
  alerts: z.array(z.string()),
})

const ledger = z.object({
  accepted: count,
  processed: count,
  duplicate: count,
  filtered: count,
  deadLettered: count,
  inFlight: count,
  missing: z.number().int().describe('accepted − (processed + duplicate + filtered + deadLettered + inFlight)'),
  refused: z.object({ invalid: count, rateLimited: count, quotaExceeded: count }),
})

const deadLetter = z.object({
  id: z.string(),
  stage: z.enum(stageNames),
  reason: z.string(),
  detail: z.string(),
  at: time,
  attempts: count,
  eventId: z.string().nullable(),
  status: z.enum(['dead', 'redriving', 'redriven']),
  origin: z.object({ topic: z.string(), partition: count, offset: count }),
  value: personal('sensitive', z.string().nullable()).describe('The bytes as they came, as text.'),
})

const attackFinding = z.object({
  eventKey: z.string().describe("Hash of tenant, source and id: the event's identity."),
  eventId: personal('sensitive', z.string()).describe("The producer's id, neutralised like the other texts."),
  at: time.describe('When the event was received.'),
  action: z.enum(['marked', 'blocked']),
  classes: z.array(z.string()).describe('Such as `sqli` or `xss`.'),
  findings: z.array(
    z.object({
      path: personal('sensitive', z.string()).describe('Dotted path; `(key)` behind it says that the key itself is meant.'),
      classes: z.array(z.string()),
      excerpt: personal('sensitive', z.string()).describe('Without what could act where it is shown.'),
    }),
  ),
})

const subjectRisk = z.object({
  subject,
  score: z.number().min(0).max(1),
  factors: z
    .array(z.object({ name: z.enum(riskFactorNames), value: z.number().describe("In the factor's own unit, over its own window."), contribution: z.number() }))
    .describe('The contributions, with that of the context, sum to the score.'),
  context: z.object({ score: z.number(), contribution: z.number() }).optional().describe("What the order of the viewer's latest events says beyond the factors."),
  modelVersions: z.array(z.string()).describe('The models that gave the score.'),
  windows: z
    .array(z.object({ name: z.enum(riskFactorNames), hour: z.number(), day: z.number(), week: z.number() }))
    .describe("What was measured of each factor over an hour, a day and a week, in the factor's own unit."),
  seen: z.object({ events: count, hours: count }).describe('In how many events, and hours of event time, the viewer was seen.'),
  latestEventAt: time.describe('Event time the viewer has reached: the windows end there.'),
  asOf: time.nullable().describe('When this was written down; null when that was before times were kept.'),
})

const share = z.number().min(0).max(1)

const subjectAttention = z.object({
  subject,
  modelVersion: z.string(),
  risk: share.describe("What the model of event sequences says of these events; the viewer's risk has more in it."),
  events: z
    .array(
      z.object({
        at: time,
        kind: z.enum(['error', 'consentChange', 'signInFailure', 'signIn', 'dataAccess', 'other']).describe('What the model reads of the event that says most of it.'),
        features: z.record(z.string(), z.number()).describe('The event as the model reads it.'),
        rollout: share.describe('How much was looked at it through all layers; 1 over all events.'),
        byLayer: z.array(share).describe('In each layer, heads and looking events averaged.'),
      }),
    )
    .max(24)
    .describe("The viewer's latest events, oldest first."),
  attention: z.array(z.array(z.array(z.array(share)))).describe('By layer, head, event that looks and event that is looked at.'),
  importance: z.array(z.object({ feature: z.string(), mean: z.number() })).describe('By how much the AUC fell in training when a feature was exchanged between viewers: what the model relies on.'),
  note: z.string().describe("What attention doesn't say."),
  asOf: time.nullable().describe('When the events were written down; null when that was before times were kept.'),
})

const redriveRequest = z
  .strictObject({
    ids: z.array(z.string().max(64)).min(1).max(1_000).optional(),
    stage: z.string().max(64).optional(),
    reason: z.string().max(64).optional(),
  })
  .meta({ minProperties: 1 })

const webhookUrl = z.url({ protocol: /^https?$/ }).max(2_048)

const tenant = z.object({
  id: tenantId,
  name: z.string(),
  riskThreshold: z.number().min(0).max(1),
  ignoredEventTypes: z.array(z.string()),
  screening: z.enum(screeningModes).describe('What becomes of events that carry attacks.'),
  webhook: z
    .object({ url: webhookUrl, secret: z.string().optional().describe('Shown once: in the answer that set the address.') })
    .nullable(),
})

const tenantChange = z.strictObject({
  riskThreshold: z.number().min(0).max(1).optional(),
  ignoredEventTypes: z.array(z.string()).max(100).optional(),
  screening: z.enum(screeningModes).optional(),
  webhook: z.strictObject({ url: webhookUrl }).nullable().optional(),
})

/** Every shape, by its name in the document. */
export const apiShapes = {
  Problem: problem,
  EventResults: z.object({ results: z.array(eventResult) }),
  EventDecision: eventDecision,
  Ledger: ledger,
  DeadLetterPage: pageOf(deadLetter),
  AttackFindingPage: pageOf(attackFinding),
  SubjectRisk: subjectRisk,
  SubjectAttention: subjectAttention,
  RedriveRequest: redriveRequest,
  RedriveResult: z.object({ redriven: count }),
  Tenant: tenant,
  TenantChange: tenantChange,
  ...caseShapes,
  ...historyShapes,
  ...ruleSetShapes,
  ...modelShapes,
  ...seriesShapes,
  ...alertShapes,
  ...webhookShapes,
  ...decisionLogShapes,
} as const satisfies Record<string, z.ZodType>
export type ApiShape = keyof typeof apiShapes
