import { isResolved, type Alert, type Labels } from '@ott/alert-routing/alert'
import type { AlertingConfiguration, Route } from '@ott/alert-routing/configuration'
import { firstFlushAtMs } from '@ott/alert-routing/flush-group'
import { groupKeyOf, groupLabelsOf, matchRoutes } from '@ott/alert-routing/routing-tree'
import { derivedId } from '@ott/contracts/derived-id'
import type { Sql } from '@ott/postgres/database'

/** A group that an alert belongs to. */
export interface Assignment {
  readonly id: string
  readonly key: string
  readonly route: Route
  readonly labels: Labels
}

/** The groups of an alert: one for each route that takes it. Pure. */
export function groupsOf(configuration: AlertingConfiguration, labels: Labels): Assignment[] {
  return matchRoutes(configuration.route, labels).map((route) => {
    const groupLabels = groupLabelsOf(route, labels)
    const key = groupKeyOf(route, groupLabels)
    // The receiver is part of what a group is: another one has been told nothing.
    return { id: derivedId(key, 'groups', route.receiver), key, route, labels: groupLabels }
  })
}

/** An alert that is to be in the groups of its routes, and in no other. */
export interface ToAssign {
  readonly tenantId: string
  readonly alert: Alert
  readonly configuration: AlertingConfiguration
  /** Counts the wait of a new group from now on, however long ago it is said to have started. */
  readonly waitsFromNow: boolean
}

/**
 * Puts alerts into their groups. A group begins with its first alert and is due after its wait; one that lasts keeps its rhythm. Groups that an alert
 * has left still hear of its end. Alerts that are over join no group.
 */
export function assignGroups(given: readonly ToAssign[], sql: Sql, nowMs: number): void {
  const alerts = given.filter(({ alert }) => !isResolved(alert, nowMs))
  if (alerts.length === 0) return
  const groups = new Map<string, { tenantId: string; assignment: Assignment; atMs: number }>()
  const members: { tenantId: string; groupId: string; alertId: string }[] = []
  for (const { tenantId, alert, configuration, waitsFromNow } of alerts) {
    for (const assignment of groupsOf(configuration, alert.labels)) {
      const key = `${tenantId} ${assignment.id}`
      const atMs = firstFlushAtMs(assignment.route, waitsFromNow ? { ...alert, startsAtMs: nowMs } : alert, nowMs)
      const known = groups.get(key)
      if (known === undefined || atMs < known.atMs) groups.set(key, { tenantId, assignment, atMs })
      members.push({ tenantId, groupId: assignment.id, alertId: alert.id })
    }
  }
  // In one order, so that two batches wait for each other rather than for ever.
  const rows = [...groups.values()].sort((a, b) => (`${a.tenantId} ${a.assignment.id}` < `${b.tenantId} ${b.assignment.id}` ? -1 : 1))
  if (rows.length > 0) {
    sql.send(
      `insert into alerting.groups as g (tenant_id, id, key, route_key, receiver, labels, next_flush_at, updated_at)
       select t, i, k, r, c, l, n, $8::timestamptz
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::timestamptz[]) as x (t, i, k, r, c, l, n)
       on conflict (tenant_id, id) do update set
         next_flush_at = case when g.next_flush_at is null then excluded.next_flush_at
           when not g.has_flushed then least(g.next_flush_at, excluded.next_flush_at) else g.next_flush_at end,
         has_flushed = g.has_flushed and g.next_flush_at is not null, route_key = excluded.route_key, updated_at = excluded.updated_at`,
      [
        rows.map(({ tenantId }) => tenantId),
        rows.map(({ assignment }) => assignment.id),
        rows.map(({ assignment }) => assignment.key),
        rows.map(({ assignment }) => assignment.route.key),
        rows.map(({ assignment }) => assignment.route.receiver),
        rows.map(({ assignment }) => JSON.stringify(assignment.labels)),
        rows.map(({ atMs }) => new Date(atMs)),
        new Date(nowMs),
      ],
    )
  }
  const memberColumns = [members.map(({ tenantId }) => tenantId), members.map(({ groupId }) => groupId), members.map(({ alertId }) => alertId)]
  sql.send(
    `update alerting.group_members m set has_left = true
     where (m.tenant_id, m.alert_id) in (select * from unnest($4::text[], $5::text[])) and not m.has_left
       and (m.tenant_id, m.group_id, m.alert_id) not in (select * from unnest($1::text[], $2::text[], $3::text[]))`,
    [...memberColumns, alerts.map(({ tenantId }) => tenantId), alerts.map(({ alert }) => alert.id)],
  )
  if (members.length === 0) return
  sql.send(
    `insert into alerting.group_members as m (tenant_id, group_id, alert_id) select * from unnest($1::text[], $2::text[], $3::text[])
     on conflict (tenant_id, group_id, alert_id) do update set has_left = false`,
    memberColumns,
  )
}
