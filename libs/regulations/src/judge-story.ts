import type { Finding } from '@ott/contracts/event-assessed'
import { deadlinePassedType, viewerEventTypes, type ViewerEventType } from '@ott/contracts/viewer-event-types'
import type { CompiledRuleSet } from './compile-rule-set.ts'
import { evaluate, findingWith, type RuleEvaluationError } from './evaluate.ts'
import { observe, passedDeadline, stepsOf, type ObservedEvent } from './observe.ts'
import type { RegulationRule, RuleExample } from './regulation-rule.ts'
import { emptyTimeline, nextDeadline, type Timeline } from './timeline.ts'

/** Judges events one after the other and remembers, in memory, what rules about several events need. */
export interface StoryJudge {
  judge(event: ObservedEvent): Finding[]
  /** Looks at the periods that have ended by then. */
  passTo(timeMs: number): Finding[]
  /** What is remembered so far, by name. */
  readonly timelines: ReadonlyMap<string, Timeline>
}

export interface StoryOptions {
  readonly latenessMs?: number
  onFailure?(error: RuleEvaluationError): void
}

/** Judges a story by a rule set: for examples and for events that happened long ago. */
export function judgeStory(rules: CompiledRuleSet, { latenessMs = 0, onFailure }: StoryOptions = {}): StoryJudge {
  const timelines = new Map<string, Timeline>()
  const failed = onFailure ?? ((error) => { throw error })

  const judge = (event: ObservedEvent): Finding[] => {
    const findings = evaluate(event, rules, failed)
    for (const [name, steps] of stepsOf(event, rules, failed)) {
      const seen = observe(timelines.get(name) ?? emptyTimeline, event, steps, latenessMs)
      timelines.set(name, seen.timeline)
      for (const { rule: key, proof } of seen.broken) {
        const rule = rules.byKey.get(key)
        if (rule !== undefined) findings.push(findingWith(rule, proof))
      }
    }
    return findings
  }

  return {
    judge,
    timelines,
    passTo(timeMs) {
      const findings: Finding[] = []
      for (const [name, timeline] of timelines) {
        for (let next = nextDeadline(timeline); next !== undefined && next.dueMs <= timeMs; ) {
          findings.push(...judge(passedDeadline(name, next.dueMs, timeMs)))
          next = nextDeadline(timelines.get(name) ?? emptyTimeline)
        }
      }
      return findings
    },
  }
}

/** The events an example of a rule tells of. */
export function eventsOf(rule: RegulationRule, { type, subject, time, data, attacks, events }: RuleExample): ObservedEvent[] {
  const told = events ?? [{ type, subject, time, data: data ?? {} }]
  return told.map((each, index) => {
    const eventType = each.type ?? type ?? rule.eventTypes[0] ?? deadlinePassedType
    return {
      key: `event-${index}`,
      type: eventType,
      subject: each.subject ?? subject,
      time: each.time,
      receivedAtMs: Date.parse(each.time),
      attacks,
      data: asReceived(eventType, each.data),
    }
  })
}

/** With the defaults that a checked event has. */
function asReceived(type: ViewerEventType, data: Record<string, unknown>): Record<string, unknown> {
  const checked = viewerEventTypes[type].safeParse(data)
  return checked.success ? checked.data : data
}

/** What a rule finds in one of its examples. */
export function findingsOf(rule: RegulationRule, example: RuleExample, rules: CompiledRuleSet): Finding[] {
  const story = judgeStory(rules)
  const findings = eventsOf(rule, example).flatMap((event) => story.judge(event))
  if (example.asOf !== undefined) findings.push(...story.passTo(Date.parse(example.asOf)))
  return findings.filter((each) => each.rule === rule.id)
}
