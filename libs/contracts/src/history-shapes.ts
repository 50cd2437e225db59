import { z } from 'zod'
import { finding } from './event-assessed.ts'
import { personal } from './privacy.ts'
import { severity } from './severity.ts'

/** What the addresses that look back take and answer: explanations, rule trials, backtests, shadows. */

const time = z.iso.datetime()
const count = z.number().int().min(0)
const values = personal('sensitive', z.record(z.string(), z.unknown()))
const eventIds = z.array(z.string())

const ruleExplanation = z.object({
  rule: z.string(),
  regulation: z.string(),
  title: z.string(),
  citation: z.string(),
  source: z.string().describe('Where the provision can be read.'),
  severity,
  step: z.enum(['event', 'first', 'last', 'lifting', 'start', 'stop', 'extension', 'end']).describe('What the event is to the rule: `event` when the rule looks at one alone.'),
  matched: z.boolean().describe('Whether the condition, or that of the step, is true of the event.'),
  fired: z.boolean().nullable().describe('Null where it is not known: the rule failed, or the past it depends on is forgotten.'),
  values: values.describe('The fields the rule looked at; absent ones are null.'),
  message: z.string().optional(),
  remediation: z.string().optional(),
  failed: z.string().optional().describe('Why the rule could not be evaluated.'),
  past: z
    .union([
      z.object({ kind: z.literal('sequence'), count, atLeast: count, since: time, until: time }),
      z.object({ kind: z.literal('period'), state: z.enum(['running', 'ended']), dueAt: time.optional() }),
    ])
    .optional()
    .describe('What a rule about several events knew when the event came.'),
})

const explainedDecision = z.object({
  id: z.string(),
  type: z.string(),
  time,
  receivedAt: time,
  ruleSetVersion: z.string(),
  findings: z.array(finding).describe('Found when the event was judged.'),
  rules: z.array(ruleExplanation).nullable().describe('Every rule that applies, fired or not, judged again by that very version; null where that is not possible.'),
  unexplained: z.string().optional().describe('Why not.'),
})

const triedEvent = z.object({
  type: z.string().optional().describe("May be left out when the rule has one event type."),
  subject: personal('linkable', z.string()).optional(),
  time: time.optional(),
  data: personal('sensitive', z.record(z.string(), z.unknown())),
})

const ruleTrialRequest = z.strictObject({
  rule: z.union([z.string(), z.record(z.string(), z.unknown())]).describe('As it stands in a pack, or its YAML; examples may be left out.'),
  lists: z.record(z.string(), z.array(z.string())).optional().describe("The pack's lists that the condition names."),
  jurisdictions: z.union([z.literal('worldwide'), z.array(z.string())]).optional().describe("The pack's places; everywhere without it."),
  event: triedEvent.optional(),
  events: z.array(triedEvent).min(1).max(100).optional().describe('Instead of `event`, in the order of their arrival.'),
  asOf: time.optional().describe('When periods that run are looked at, after the events.'),
})

const ruleTrial = z.object({
  rule: z.string(),
  fired: z.boolean(),
  findings: z.array(z.object({ event: count.nullable().describe('Place of the event, from 0; null for a period that ended.'), severity, message: z.string(), values })),
  events: z.array(z.object({ index: count, rules: z.array(ruleExplanation) })),
})

const differences = { before: count, after: count, added: count, removed: count, severityChanged: count }

const backtestReport = z.object({
  eventsJudged: count,
  eventsDiffering: count,
  periodsPassed: count.describe('Periods that ended without an answer, for either side.'),
  eventsUnreadable: count.describe('Events that no longer fit their contract.'),
  rules: z.array(
    z.object({
      rule: z.string(),
      regulation: z.string(),
      ...differences,
      failed: count.describe('Times it could not be evaluated.'),
      severityBefore: severity.optional(),
      severityAfter: severity.optional(),
      samples: z.object({ added: eventIds, removed: eventIds, severityChanged: eventIds }).describe('The first ten events each.'),
    }),
  ),
  regulations: z.array(z.object({ regulation: z.string(), ...differences })),
})

const backtestSummary = z.object({
  id: z.string(),
  ruleSetId: z.string(),
  liveVersion: z.string(),
  candidateVersion: z.string(),
  from: time,
  to: time,
  status: z.enum(['queued', 'running', 'finished', 'failed', 'cancelled']),
  failure: z.string().nullable(),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  progress: z.object({ events: count, total: count.nullable(), share: z.number().min(0).max(1), ratePerSecond: count.nullable(), etaAt: time.nullable() }),
})

const shadowDecisions = z.object({
  ruleSetId: z.string(),
  versions: z
    .array(
      z.object({
        version: z.string(),
        since: time,
        lastAt: time,
        eventsJudged: count,
        eventsDiffering: count,
        rules: z.array(
          z.object({
            rule: z.string(),
            both: count,
            onlyLive: count,
            onlyCandidate: count,
            severityChanged: count,
            samples: z.object({ onlyLive: eventIds, onlyCandidate: eventIds, severityChanged: eventIds }),
          }),
        ),
      }),
    )
    .describe('The last ten that ran as a shadow, the latest first.'),
})

export const historyShapes = {
  ExplainedDecision: explainedDecision,
  RuleTrialRequest: ruleTrialRequest,
  RuleTrial: ruleTrial,
  BacktestRequest: z.strictObject({ from: time, to: time.describe('At most 366 days later; never after now.') }),
  Backtest: backtestSummary.extend({ report: backtestReport.nullable() }),
  BacktestPage: z.object({ items: z.array(backtestSummary), next: z.string().nullable().describe('Cursor of the page after this one.') }),
  ShadowDecisions: shadowDecisions,
} as const satisfies Record<string, z.ZodType>
