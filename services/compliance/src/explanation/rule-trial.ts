import { problemsOf } from '@ott/contracts/define-event'
import type { FieldProblem } from '@ott/contracts/result'
import { isViewerEventType, viewerEventTypes, type ViewerEventType } from '@ott/contracts/viewer-event-types'
import { invalidRequest } from '@ott/http/problem'
import type { CompiledRuleSet } from '@ott/regulations/compile-rule-set'
import type { ObservedEvent } from '@ott/regulations/observe'
import { RegulationPackError } from '@ott/regulations/regulation-pack'
import { compileTriedRule, tryRule } from '@ott/regulations/try-rule'
import { z } from 'zod'
import { attacksIn } from '../attacks-in.ts'

const eventsMax = 100
const time = z.iso.datetime({ offset: true }).max(64)

/** As a rule's examples tell of events: only what rules look at is needed. */
const triedEvent = z.looseObject({
  id: z.string().max(256).optional(),
  type: z.string().max(256).optional(),
  subject: z.string().min(1).max(256).default('viewer-1'),
  time: time.optional(),
  data: z.record(z.string(), z.unknown()),
})

export const ruleTrialRequest = z
  .strictObject({
    rule: z.union([z.string().min(1), z.record(z.string(), z.unknown())], { error: 'must be a rule, or the YAML of one' }),
    lists: z.unknown().optional(),
    jurisdictions: z.unknown().optional(),
    event: triedEvent.optional(),
    events: z.array(triedEvent).min(1).max(eventsMax).optional(),
    asOf: time.optional(),
  })
  .refine(({ event, events }) => (event === undefined) !== (events === undefined), 'needs either event or events')

type RuleTrialRequest = z.infer<typeof ruleTrialRequest>

/** Compiles and tries the rule of a request. Pure but for the time given. A Problem names what is wrong with the rule or an event. */
export function tryRequestedRule(request: RuleTrialRequest, nowMs: number) {
  const rules = compiled(request)
  const [rule] = rules.rules
  if (rule === undefined) throw invalidRequest([{ field: 'rule', problem: 'is no rule' }])
  const type = rule.eventTypes.length === 1 ? rule.eventTypes[0] : undefined
  const events = (request.events ?? (request.event === undefined ? [] : [request.event])).map((event, index) =>
    observed(event, request.event === undefined ? `events.${index}` : 'event', index, type, nowMs),
  )
  const trial = tryRule(rules, events, request.asOf === undefined ? undefined : Date.parse(request.asOf))
  return { rule: rule.id, ...trial, events: trial.events.map((explained, index) => ({ index, rules: explained })) }
}

function compiled({ rule, lists, jurisdictions }: RuleTrialRequest): CompiledRuleSet {
  try {
    return compileTriedRule(rule, { lists, jurisdictions })
  } catch (error) {
    if (!(error instanceof RegulationPackError)) throw error
    throw invalidRequest(
      error.problems.map(({ field, problem, line, column }) => {
        const path = line === undefined ? field : field.replace(/, line \d+, column \d+$/, '')
        const isOutside = path === 'lists' || path.startsWith('lists.') || (path === 'jurisdictions' && jurisdictions !== undefined)
        const place = line === undefined || column === undefined ? {} : { line, column }
        return { field: isOutside ? path : path.startsWith('(') ? 'rule' : `rule.${path}`, problem, ...place }
      }),
    )
  }
}

function observed(event: z.infer<typeof triedEvent>, field: string, index: number, onlyType: ViewerEventType | undefined, nowMs: number): ObservedEvent {
  const type = event.type ?? onlyType
  const refuse = (problems: readonly FieldProblem[]) => invalidRequest(problems.map((each) => ({ field: `${field}.${each.field}`, problem: each.problem })))
  if (type === undefined) throw refuse([{ field: 'type', problem: 'must be named, since the rule looks at several' }])
  if (!isViewerEventType(type)) throw refuse([{ field: 'type', problem: 'is not in the catalogue of event types' }])
  const data = viewerEventTypes[type].safeParse(event.data)
  if (!data.success) throw refuse(problemsOf(data.error).map((each) => ({ field: `data.${each.field}`, problem: each.problem })))
  const at = event.time ?? new Date(nowMs).toISOString()
  return { key: `event-${index}`, type, subject: event.subject, time: at, receivedAtMs: Date.parse(at), attacks: attacksIn({ type, subject: event.subject, data: data.data }), data: data.data as Record<string, unknown> }
}
