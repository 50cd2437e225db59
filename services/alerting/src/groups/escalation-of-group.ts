import { isResolved } from '@ott/alert-routing/alert'
import type { AlertingConfiguration, EscalationPolicy, Route } from '@ott/alert-routing/configuration'
import { escalate } from '@ott/alert-routing/escalation'
import type { NewDelivery } from '../deliveries/new-delivery.ts'
import { deliveryOf, integrationsOf, type MessageParts } from './group-message.ts'
import type { EscalationState, Group, Member } from './group-store.ts'

/** Whether somebody still has to be found for a group: an alert of it fires and nobody takes care. */
export function needsSomebody(members: readonly Member[], nowMs: number): boolean {
  return members.some(({ alert, hasLeft }) => !hasLeft && !alert.isAcknowledged && !isResolved(alert, nowMs))
}

/** The escalation of a group after a flush: begun with its first notification, over when nobody is needed any more. Pure. */
export function afterFlush({ group, route, configuration, members, hasTold, nowMs }: {
  group: Group
  route: Route | undefined
  configuration: AlertingConfiguration
  members: readonly Member[]
  hasTold: boolean
  nowMs: number
}): { escalation: EscalationState | undefined; escalationNextAtMs: number | undefined } {
  const ended = members.every(({ alert }) => isResolved(alert, nowMs))
  if (ended) return { escalation: undefined, escalationNextAtMs: undefined }
  const policy = configuration.escalations.find(({ name }) => name === route?.escalation)
  const state = group.escalation ?? (policy !== undefined && hasTold ? { policy: policy.name, startedAtMs: nowMs, stepsDone: 0, called: [] } : undefined)
  if (state === undefined) return { escalation: undefined, escalationNextAtMs: undefined }
  if (policy === undefined || policy.name !== state.policy || !needsSomebody(members, nowMs)) return { escalation: state, escalationNextAtMs: undefined }
  // Asked as of before it began: a step that is due now is not done here.
  return { escalation: state, escalationNextAtMs: stepAfter(policy, configuration, state, state.startedAtMs - 1).nextAtMs }
}

/** Who was called while it lasted hears of the end, as everybody else does. */
export function endOfCalls(message: MessageParts, configuration: AlertingConfiguration, firstSequence: number): NewDelivery[] {
  const { group, members, nowMs } = message
  if (group.escalation === undefined || members.length === 0 || !members.every(({ alert }) => isResolved(alert, nowMs))) return []
  return group.escalation.called
    .flatMap((receiver) => integrationsOf(configuration, receiver).map((integration) => ({ receiver, integration })))
    .filter(({ integration }) => integration.sendResolved)
    .map(({ receiver, integration }, n) =>
      deliveryOf(
        message,
        { integrationKey: integration.key, firing: [], resolved: members.map(({ alert }) => alert) },
        { sequence: firstSequence + n, receiver, integrations: integrationsOf(configuration, receiver) },
      ),
    )
}

/** What is due of a policy by now, and when the next step is. */
export function stepAfter(policy: EscalationPolicy, { onCallSchedules, timeIntervals }: AlertingConfiguration, { startedAtMs, stepsDone }: EscalationState, nowMs: number) {
  return escalate({ policy, schedules: onCallSchedules, timeIntervals, startedAtMs, stepsDone, isAcknowledged: false, isResolved: false, nowMs })
}
