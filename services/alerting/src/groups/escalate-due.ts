import { isResolved } from '@ott/alert-routing/alert'
import { derivedId } from '@ott/contracts/derived-id'
import type { Database } from '@ott/postgres/database'
import { configurationOf, type Configurations } from '../configuration/configuration-store.ts'
import { queueDeliveries } from '../deliveries/queue-deliveries.ts'
import { needsSomebody, stepAfter } from './escalation-of-group.ts'
import { deliveryOf, integrationsOf, type MessageParts } from './group-message.ts'
import { readMembers, saveEscalated, takeDueGroup, type Group } from './group-store.ts'

export interface EscalationOptions {
  readonly database: Database
  readonly configurations: Configurations
  readonly publicUrl: string
}

/** Works off one group whose next step is due: calls who is to be called now. @returns false when none was due */
export async function escalateDueGroup({ database, configurations, publicUrl }: EscalationOptions, tenants: readonly string[], nowMs: number): Promise<boolean> {
  return database.transaction(tenants, async (sql) => {
    const group = await takeDueGroup(sql, 'escalation_next_at', nowMs)
    if (group?.escalation === undefined) return false
    const configuration = await configurationOf(configurations, sql, group.tenantId)
    const policy = configuration.escalations.find(({ name }) => name === group.escalation?.policy)
    const members = await readMembers(sql, group)
    if (policy === undefined || !needsSomebody(members, nowMs)) {
      saveEscalated(sql, group, group.escalation, undefined)
      return true
    }
    const { calls, stepsDone, nextAtMs } = stepAfter(policy, configuration, group.escalation, nowMs)
    const firing = members.filter(({ alert, hasLeft }) => !hasLeft && !isResolved(alert, nowMs)).map(({ alert }) => alert)
    const message: MessageParts = { group, members, publicUrl, nowMs }
    const deliveries = calls.flatMap(({ receiver, step, round }) => {
      const integrations = integrationsOf(configuration, receiver)
      return integrations.map(({ key }) => ({
        ...deliveryOf(message, { integrationKey: key, firing, resolved: [] }, { sequence: 0, receiver, integrations }),
        messageId: callId(group, `${group.escalation?.startedAtMs} ${round} ${step} ${receiver}`),
      }))
    })
    await queueDeliveries(sql, deliveries, nowMs)
    const called = [...new Set([...group.escalation.called, ...calls.map(({ receiver }) => receiver)])]
    saveEscalated(sql, group, { ...group.escalation, stepsDone, called }, nextAtMs)
    return true
  })
}

function callId({ id }: Group, natural: string): string {
  return derivedId(id, 'calls', natural)
}
