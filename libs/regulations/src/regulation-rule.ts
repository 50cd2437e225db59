import { severity } from '@ott/contracts/severity'
import { viewerEventTypes, type ViewerEventType } from '@ott/contracts/viewer-event-types'
import { z } from 'zod'
import { parsePeriod } from './period.ts'

const eventType = z.enum(Object.keys(viewerEventTypes) as [ViewerEventType, ...ViewerEventType[]], {
  error: ({ input }) => `"${String(input)}" is not in the catalogue of event types`,
})
const eventTypes = z.array(eventType).min(1).max(50)

const places = z
  .array(z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/, 'must be an ISO 3166-1 code such as "DE" or an ISO 3166-2 code such as "US-CA"'))
  .min(1)

/** Where a rule applies: by the viewer's country or subdivision, or everywhere, also when neither is known. */
export const jurisdictions = z.union([z.literal('worldwide'), places], {
  error: 'must be a list of places such as [DE, US-CA], or worldwide',
})

const fieldPath = z.string().regex(/^(type|subject|time|attacks|data(\.[^.\s{}]+)+)$/, 'must be a field path such as data.purpose')
const condition = z.string().min(1).max(20_000)
const period = z.string().refine((text) => parsePeriod(text) !== undefined, 'must be a period such as P30D, P1M, PT72H or "10 business days"')

/** Another event that matters to a rule; without a condition, every one of these types. */
const step = z.strictObject({ eventTypes, when: condition.default('true') })

/** What must have come before: makes a rule about a sequence of events. */
const after = step.extend({
  /** At most this long before the rule's own event, by event time. */
  within: period,
  /** How many of them. */
  atLeast: z.number().int().min(1).max(500).default(1),
  /** Counts different values of this field instead of events. */
  distinct: fieldPath.optional(),
  /**
   * For a rule whose own event comes by the thousand: it looks back when it comes and isn't remembered, so a first event that arrives
   * after it is not seen.
   */
  lookBackOnly: z.boolean().default(false),
  /** Whose events: the viewer's by default, or those that share another field, such as `data.actor`. */
  per: fieldPath.default('subject'),
})

/** What must follow in time: makes the rule's own event the start of a period. */
const deadline = z.strictObject({
  within: period,
  /** What tells which start an event answers, such as `data.requestId`; without it, any of the viewer's. */
  match: fieldPath.optional(),
  until: step,
  /** What prolongs the period, if it comes before its end; the longer one counts from the start, too. */
  extension: step.extend({ within: period }).optional(),
})

const time = z.iso.datetime({ offset: true })
const data = z.record(z.string(), z.unknown())
const subject = z.string().min(1)

const example = z.strictObject({
  name: z.string().min(1),
  /** Whether the rule must find a breach. */
  fires: z.boolean(),
  /** May be left out when the rule has one event type. */
  type: eventType.optional(),
  subject: subject.default('viewer-1'),
  time: time.default('2026-01-15T12:00:00Z'),
  /** One event. */
  data: data.optional(),
  /** Classes of attack that screening found in it. */
  attacks: z.array(z.string().max(64)).max(16).default([]),
  /** Or several, in the order of their arrival. */
  events: z.array(z.strictObject({ type: eventType.optional(), subject: subject.optional(), time, data })).min(1).max(600).optional(),
  /** When periods that run are looked at, after the events. */
  asOf: time.optional(),
})
export type RuleExample = z.infer<typeof example>

const ruleShape = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$/, 'must be like gdpr.art7.withdrawn-consent'),
  title: z.string().min(1),
  /** The provision as lawyers cite it, such as `GDPR Art. 7(3)`. */
  citation: z.string().min(1),
  /** Where its text can be read. */
  source: z.url({ protocol: /^https$/ }),
  severity,
  eventTypes,
  /** Overrides the pack's. */
  jurisdictions: jurisdictions.optional(),
  /** CEL over `event`: true means the event breaks the rule, or completes the sequence, or starts the period. */
  when: condition,
  after: after.optional(),
  /** With `after`: an event in between that makes the sequence harmless. */
  unless: step.optional(),
  deadline: deadline.optional(),
  /** Fields kept as evidence; by default those the condition reads. */
  evidence: z.array(fieldPath).max(50).optional(),
  /** May hold placeholders such as `{data.purpose}`, never of personal fields. */
  message: z.string().min(1).max(1_000),
  remediation: z.string().min(1),
  examples: z.array(example),
})

/** What one field alone doesn't tell, and how it is reported. */
function structureProblems({ after, deadline, unless }: z.infer<typeof ruleShape>, report: (path: (string | number)[], message: string) => void): void {
  if (after !== undefined && deadline !== undefined) report(['deadline'], 'can not stand beside after: make two rules')
  if (unless !== undefined && after === undefined) report(['unless'], 'needs after')
}

export const regulationRule = ruleShape.superRefine((rule, context) => {
  const report = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message })
  structureProblems(rule, report)
  for (const fires of [true, false]) {
    if (rule.examples.filter((each) => each.fires === fires).length < 2) {
      report(['examples'], `needs at least two that ${fires ? 'fire' : 'do not fire'}`)
    }
  }
  const names = new Set<string>()
  for (const [index, { name, type, data: single, events, asOf }] of rule.examples.entries()) {
    if (names.has(name)) report(['examples', index, 'name'], `"${name}" is there twice`)
    names.add(name)
    if ((single === undefined) === (events === undefined)) report(['examples', index], 'needs either data or events')
    if (single !== undefined && (type === undefined ? rule.eventTypes.length !== 1 : !rule.eventTypes.includes(type))) {
      report(['examples', index, 'type'], "must be one of the rule's event types")
    }
    if (events?.some((event) => event.type === undefined) && rule.eventTypes.length !== 1) report(['examples', index, 'events'], 'must each name their type')
    if (asOf !== undefined && rule.deadline === undefined) report(['examples', index, 'asOf'], 'means something with a deadline only')
  }
})
export type RegulationRule = z.infer<typeof regulationRule>

/** A rule that is only tried: without examples it is one all the same. */
export const triedRule = ruleShape
  .extend({ examples: z.array(example).default([]) })
  .superRefine((rule, context) => structureProblems(rule, (path, message) => context.addIssue({ code: 'custom', path, message })))
