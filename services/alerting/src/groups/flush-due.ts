import type { Alert } from '@ott/alert-routing/alert'
import type { AlertingConfiguration } from '@ott/alert-routing/configuration'
import { flushGroup } from '@ott/alert-routing/flush-group'
import { inhibitorOf } from '@ott/alert-routing/inhibition'
import { findRoute } from '@ott/alert-routing/routing-tree'
import { silencedBy, type Silence } from '@ott/alert-routing/silence'
import { isTimeMuted } from '@ott/alert-routing/time-intervals'
import type { Database, Sql } from '@ott/postgres/database'
import { configurationOf, type Configurations } from '../configuration/configuration-store.ts'
import { queueDeliveries } from '../deliveries/queue-deliveries.ts'
import { activeSilences } from '../silences/silence-store.ts'
import { afterFlush, endOfCalls } from './escalation-of-group.ts'
import { deliveryOf, integrationsOf, type MessageParts } from './group-message.ts'
import { readFiring, readMembers, saveFlushed, takeDueGroup, type Group, type Member } from './group-store.ts'

export interface FlushOptions {
  readonly database: Database
  readonly configurations: Configurations
  /** Where people look into alerts; empty where nobody said. */
  readonly publicUrl: string
  onFlushed?(group: Group, notifications: number): void
}

/**
 * Works off one group that is due: decides who is to hear what, and queues it, in one transaction, so that a crash leaves both or neither.
 * @returns false when none was due
 */
export async function flushDueGroup({ database, configurations, publicUrl, onFlushed }: FlushOptions, tenants: readonly string[], nowMs: number): Promise<boolean> {
  const flushed = await database.transaction(tenants, async (sql) => {
    const group = await takeDueGroup(sql, 'next_flush_at', nowMs)
    if (group === undefined) return undefined
    const configuration = await configurationOf(configurations, sql, group.tenantId)
    const members = await readMembers(sql, group)
    const route = findRoute(configuration.route, group.routeKey)
    // A route that is gone, or has another receiver by now, tells only the end of what it told.
    const isCurrent = route !== undefined && route.receiver === group.receiver
    const rhythm = route ?? configuration.route
    const integrations = integrationsOf(configuration, group.receiver)
    const result = flushGroup({
      route: rhythm,
      integrations,
      alerts: members.map(({ alert }) => alert),
      log: group.notified,
      mutedBy: await mutes(sql, { group, configuration, members, isCurrent, nowMs }),
      isTimeMuted: isTimeMuted(rhythm, configuration.timeIntervals, nowMs),
      nowMs,
    })
    const message: MessageParts = { group, members, publicUrl, nowMs }
    const told = result.notifications.map((notification, n) => deliveryOf(message, notification, { sequence: group.sequence + n, receiver: group.receiver, integrations }))
    const ended = endOfCalls(message, configuration, group.sequence + told.length)
    await queueDeliveries(sql, [...told, ...ended], nowMs)
    saveFlushed(sql, group, {
      notified: result.log,
      sequence: group.sequence + told.length + ended.length,
      drop: result.drop,
      nextFlushAtMs: result.nextFlushAtMs,
      ...afterFlush({ group, route: isCurrent ? route : undefined, configuration, members, hasTold: result.notifications.some(({ firing }) => firing.length > 0), nowMs }),
    }, nowMs)
    return { group, count: told.length + ended.length }
  })
  if (flushed === undefined) return false
  onFlushed?.(flushed.group, flushed.count)
  return true
}

/** Why an alert isn't told just now. Who has left the group counts as silenced: of it only the end is told. */
async function mutes(
  sql: Sql,
  { group, configuration, members, isCurrent, nowMs }: { group: Group; configuration: AlertingConfiguration; members: readonly Member[]; isCurrent: boolean; nowMs: number },
): Promise<(alert: Alert) => 'silenced' | 'inhibited' | undefined> {
  const left = new Set(members.filter(({ hasLeft }) => hasLeft || !isCurrent).map(({ alert }) => alert.id))
  const silences = members.length === 0 ? [] : await activeSilences(sql, group.tenantId, nowMs)
  const firing = configuration.inhibitRules.length === 0 || members.length === 0 ? [] : await readFiring(sql, group.tenantId, nowMs)
  const inhibitor = inhibitorOf(configuration.inhibitRules, firing)
  return (alert) => {
    if (left.has(alert.id) || silencedBy(silencesFor(alert, silences), alert.labels, nowMs) !== undefined) return 'silenced'
    return inhibitor(alert) === undefined ? undefined : 'inhibited'
  }
}

/** The notice that a silence ends soon isn't hushed by that silence. */
function silencesFor({ labels }: Alert, silences: readonly Silence[]): readonly Silence[] {
  const told = labels['silence_id']
  return told === undefined ? silences : silences.filter(({ id }) => id !== told)
}
