import { type Alert, isResolved, toldOf } from '../alert.ts'
import type { AlertingConfiguration, Route } from '../configuration.ts'
import { firstFlushAtMs, flushGroup, type NotifiedState } from '../flush-group.ts'
import { inhibitorOf } from '../inhibition.ts'
import { parseMatchers } from '../matcher.ts'
import { readConfiguration } from '../read-configuration.ts'
import { groupKeyOf, groupLabelsOf, matchRoutes } from '../routing-tree.ts'
import { type Silence, silencedBy } from '../silence.ts'
import { isTimeMuted } from '../time-intervals.ts'
import type { ConformanceSubject, PostedAlert, PostedSilence, ReceivedNotification } from './run-case.ts'

interface Group {
  readonly route: Route
  readonly members: Set<string>
  log: ReadonlyMap<string, NotifiedState>
  wasFlushed: boolean
  nextFlushAtMs: number
}

/** The decisions of this library with nothing around them but maps and a clock that is set: how a service puts them together. */
export function createMemorySubject(): ConformanceSubject {
  let configuration: AlertingConfiguration | undefined
  let nowMs = 0
  const alerts = new Map<string, Alert>()
  const silences = new Map<string, Silence>()
  const groups = new Map<string, Group>()
  const received: ReceivedNotification[] = []

  const inForce = () => {
    if (configuration === undefined) throw new Error('nothing is configured')
    return configuration
  }

  const take = (posted: PostedAlert) => {
    const labels = Object.fromEntries(Object.entries(posted.labels).filter(([, value]) => value !== ''))
    const id = JSON.stringify(Object.entries(labels).toSorted())
    const alert = toldOf(alerts.get(id), id, { ...posted, labels }, { nowMs, resolveTimeoutMs: inForce().resolveTimeoutMs })
    alerts.set(id, alert)
    for (const route of matchRoutes(inForce().route, labels)) {
      const key = groupKeyOf(route, groupLabelsOf(route, labels))
      const group = groups.get(key) ?? { route, members: new Set(), log: new Map(), wasFlushed: false, nextFlushAtMs: Number.POSITIVE_INFINITY }
      group.members.add(id)
      if (!group.wasFlushed) group.nextFlushAtMs = Math.min(group.nextFlushAtMs, firstFlushAtMs(route, alert, nowMs))
      groups.set(key, group)
    }
  }

  const flush = (key: string, group: Group) => {
    const { inhibitRules, receivers, timeIntervals } = inForce()
    const inhibitor = inhibitorOf(inhibitRules, [...alerts.values()].filter((alert) => !isResolved(alert, nowMs)))
    const result = flushGroup({
      route: group.route,
      integrations: receivers.find(({ name }) => name === group.route.receiver)?.integrations ?? [],
      alerts: [...group.members].flatMap((id) => alerts.get(id) ?? []),
      log: group.log,
      mutedBy: (alert) =>
        silencedBy([...silences.values()], alert.labels, nowMs) !== undefined ? 'silenced' : inhibitor(alert) !== undefined ? 'inhibited' : undefined,
      isTimeMuted: isTimeMuted(group.route, timeIntervals, nowMs),
      nowMs,
    })
    for (const { integrationKey, firing, resolved } of result.notifications) {
      const told = [...firing.map(({ labels }) => ({ status: 'firing' as const, labels })), ...resolved.map(({ labels }) => ({ status: 'resolved' as const, labels }))]
      received.push({ atMs: nowMs, receiver: group.route.receiver, integration: Number(/\d+/.exec(integrationKey)?.[0]), alerts: told })
    }
    for (const id of result.drop) group.members.delete(id)
    if (result.nextFlushAtMs === undefined) groups.delete(key)
    else Object.assign(group, { log: result.log, wasFlushed: true, nextFlushAtMs: result.nextFlushAtMs })
  }

  const advance = (ms: number) => {
    for (;;) {
      const [due] = [...groups].filter(([, { nextFlushAtMs }]) => nextFlushAtMs <= ms).toSorted(([, a], [, b]) => a.nextFlushAtMs - b.nextFlushAtMs)
      if (due === undefined) break
      nowMs = due[1].nextFlushAtMs
      flush(...due)
    }
    nowMs = ms
  }

  return {
    configure: async (yaml) => {
      const read = readConfiguration(yaml)
      if (!read.ok) throw new Error(read.problems.map(({ line, column, message }) => `${line}:${column} ${message}`).join('\n'))
      configuration = read.configuration
    },
    postAlerts: async (posted) => posted.forEach(take),
    silence: async ({ name, matchers, startsAtMs, endsAtMs }: PostedSilence) => {
      silences.set(name, { id: name, matchers: matchers.flatMap(parseMatchers), startsAtMs, endsAtMs })
    },
    expireSilence: async (name) => {
      const silence = silences.get(name)
      if (silence !== undefined) silences.set(name, { ...silence, endsAtMs: nowMs })
    },
    acknowledge: async (labels) => {
      for (const [id, alert] of alerts) {
        if (Object.entries(labels).every(([name, value]) => alert.labels[name] === value)) alerts.set(id, { ...alert, isAcknowledged: true })
      }
    },
    advanceTo: async (ms) => advance(ms),
    notifications: async () => received,
  }
}
