import { eventAccepted, type EventAccepted } from '@ott/contracts/event-accepted'
import { eventAssessed } from '@ott/contracts/event-assessed'
import { defineStage, readerOf, type Received } from '@ott/pipeline/define-stage'
import { emit, emitOf, type Decision } from '@ott/pipeline/outcome'
import type { CompiledRuleSet } from '@ott/regulations/compile-rule-set'
import { evaluate } from '@ott/regulations/evaluate'

/** Judges one accepted event against the rules in force. Pure: the same event and rules give the same findings. */
export function assess({ event: accepted }: Received<EventAccepted>, rules: CompiledRuleSet): Decision {
  const { event, receivedAt, screening } = accepted.data
  const failedRules: string[] = []
  const findings = evaluate({ type: event.type, subject: accepted.subject, time: event.time, data: event.data }, rules, ({ rule }) => failedRules.push(rule))
  const assessed = { event, receivedAt, ruleSetVersion: rules.version, findings, ...(failedRules.length > 0 ? { failedRules } : {}), ...(screening === undefined ? {} : { screening }) }
  return emit([emitOf(eventAssessed, assessed)])
}

/** accepted → assessed. */
export function complianceStage(rules: CompiledRuleSet) {
  return defineStage({
    name: 'compliance',
    read: readerOf(eventAccepted),
    produces: [eventAssessed],
    needsNoTransaction: true,
    load: async (_batch: readonly Received<EventAccepted>[]) => rules,
    recall: () => undefined,
    decide: (received: Received<EventAccepted>, _state, facts) => assess(received, facts),
  })
}
