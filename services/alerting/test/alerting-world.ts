import type { Notification } from '@ott/alert-routing/notification'
import { buildEvent } from '@ott/contracts/define-event'
import { derivedId } from '@ott/contracts/derived-id'
import { violationChanged, type ViolationChanged } from '@ott/contracts/violation-changed'
import { violationOpened } from '@ott/contracts/violation-opened'
import type { Severity } from '@ott/contracts/severity'
import type { Received } from '@ott/pipeline/define-stage'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { ViolationEvent } from '../src/alerts/alert-of-violation.ts'
import { keepAlertsBy } from '../src/alerts/keep-alerts.ts'
import { postedAlerts } from '../src/alerts/posted-alerts.ts'
import { takePostedAlerts } from '../src/alerts/take-posted-alerts.ts'
import { endDueAlerts } from '../src/alerts/tell-alerts.ts'
import { rememberConfigurations, type Configurations } from '../src/configuration/configuration-store.ts'
import { putConfiguration } from '../src/configuration/put-configuration.ts'
import { escalateDueGroup } from '../src/groups/escalate-due.ts'
import { flushDueGroup } from '../src/groups/flush-due.ts'
import { tellEndingSilences } from '../src/silences/tell-ending-silences.ts'
import { alertingStage } from '../src/stage.ts'
import { createAnnouncer } from '../src/webhooks/announce-events.ts'
import { openAlertingDatabase } from './alerting-database.ts'

/** One message that was queued, as a test wants to read it. */
export interface Queued {
  readonly receiver: string
  readonly integration: string
  readonly messageId: string
  readonly status: 'firing' | 'resolved'
  /** By their label `alertname`, sorted. */
  readonly firing: readonly string[]
  readonly resolved: readonly string[]
}

export const startMs = Date.parse('2026-03-02T12:00:00Z')

/** Alerting on a real database, under a clock that a test moves: everything but the sending. */
export async function anAlertingWorld() {
  const { admin, database, close } = await openAlertingDatabase()
  const unreadable: string[] = []
  const remember = () => rememberConfigurations((tenantId, problem) => void unreadable.push(`${tenantId}: ${problem}`))
  // Each test begins with none, and versions begin anew.
  let remembered = remember()
  const configurations: Configurations = { inForce: (sql, tenantIds) => remembered.inForce(sql, tenantIds) }
  const keep = keepAlertsBy(configurations, createAnnouncer({ get: () => undefined }))
  const published: OutboundRecord[] = []
  const bus = { publish: async (records: readonly OutboundRecord[]) => void published.push(...records) }
  const options = { database, configurations, bus, keep, publicUrl: 'https://ott.example' }
  let nowMs = startMs
  const stage = alertingStage({ keep, nowMs: () => nowMs, publicUrl: options.publicUrl })
  const tenants = ['acme', 'globex']

  const work = async () => {
    while ((await endDueAlerts(options, tenants, nowMs)) > 0);
    while ((await tellEndingSilences(database, keep, tenants, nowMs)) > 0);
    while (await flushDueGroup(options, tenants, nowMs));
    while (await escalateDueGroup(options, tenants, nowMs));
  }

  /** Stops wherever something is due. */
  const advanceToMs = async (untilMs: number) => {
    for (let steps = 0; nowMs < untilMs; steps++) {
      if (steps > 10_000) throw new Error('something stays due for ever')
      const [due] = await admin.query<{ at: Date | null }>(
        `select min(at) as at from (select next_flush_at as at from alerting.groups union all select escalation_next_at from alerting.groups
           union all select ends_at from alerting.alerts where status <> 'resolved'
           union all select ends_at - notice_ms * interval '1 ms' from alerting.silences where noticed_at is null and notice_ms > 0 and ends_at > $1) due`,
        [new Date(nowMs)],
      )
      nowMs = Math.min(untilMs, Math.max(due?.at?.getTime() ?? untilMs, nowMs))
      await work()
    }
  }

  const readQueued = async (tenantId = 'acme'): Promise<(Queued & { atMs: number })[]> => {
    const rows = await admin.query<{ receiver: string; integration: string; message_id: string; created_at: Date; content: { notification: Notification } }>(
      `select receiver, integration, message_id, created_at, content from alerting.deliveries where kind = 'receiver' and tenant_id = $1 order by sequence`,
      [tenantId],
    )
    return rows.map(({ receiver, integration, message_id: messageId, created_at, content: { notification } }) => {
      const named = (status: string) => notification.alerts.filter((alert) => alert.status === status).map(({ labels }) => labels['alertname'] ?? '').sort()
      return { receiver, integration, messageId, status: notification.status, firing: named('firing'), resolved: named('resolved'), atMs: created_at.getTime() - startMs }
    })
  }

  return {
    admin,
    database,
    options,
    published,
    get nowMs() {
      return nowMs
    },
    configure: (text: string, tenantId = 'acme') => putConfiguration(database, tenantId, { text, by: 'key-1', expected: undefined }, nowMs),
    /** Hands events to the stage, as one batch of a partition. */
    async receive(...events: readonly Received<ViolationEvent>[]) {
      const decisions = events.map((received) => ({ received, decision: stage.decide(received, undefined, undefined) }))
      const rows = decisions.flatMap(({ received, decision }) => decision.rows.map((row) => ({ received, row })))
      await database.transaction(tenants, (sql) => stage.save?.(rows, sql) ?? Promise.resolve())
      return decisions.flatMap(({ decision }) => decision.emits.map(({ data }) => data as { status: string }))
    },
    post: (alerts: unknown, tenantId = 'acme') => takePostedAlerts(options, tenantId, postedAlerts.parse(alerts), nowMs),
    /** Moves the clock to so many seconds after the start. */
    advanceTo: (seconds: number) => advanceToMs(startMs + seconds * 1_000),
    advanceToMs,
    queued: readQueued,
    async clear(beginsAtMs = startMs) {
      nowMs = beginsAtMs
      published.length = 0
      remembered = remember()
      await admin.query('truncate alerting.alerts, alerting.groups, alerting.group_members, alerting.configurations, alerting.silences, alerting.deliveries, alerting.delivery_attempts, alerting.destinations, alerting.webhooks')
    },
    async close() {
      if (unreadable.length > 0) throw new Error(unreadable.join('; '))
      await close()
    },
  }
}

export type AlertingWorld = Awaited<ReturnType<typeof anAlertingWorld>>

interface ViolationParts {
  readonly tenantId?: string
  readonly subject?: string
  readonly rule?: string
  readonly severity?: Severity
}

function receivedOf<Event extends ViolationEvent>(event: Event): Received<ViolationEvent> {
  const { tenantid: tenantId, subject } = event
  const record = { topic: event.type, partition: 0, offset: 0n, timestampMs: 0, key: `${tenantId}:${subject}`, value: null, headers: {} }
  return { record, event, tenantId, subject, time: event.time, id: event.id, traceparent: undefined }
}

const factsOf = (id: string, { subject = 'viewer-1', rule = `rule.${id}`, severity = 'high' }: ViolationParts) => ({
  subject,
  facts: { violationId: id, rule, regulation: 'test', citation: 'Test § 1', severity, message: 'broken', openedAt: '2026-03-01T12:00:00.000Z' },
})

/** A violation that opened a day before the test's clock begins. */
export function opened(id: string, parts: ViolationParts = {}): Received<ViolationEvent> {
  const { subject, facts } = factsOf(id, parts)
  return receivedOf(buildEvent(violationOpened, { id, subject, time: facts.openedAt, tenantid: parts.tenantId ?? 'acme', data: { ...facts, eventId: `e-${id}` } }))
}

/** A change to it. */
export function changed(id: string, change: Pick<ViolationChanged['data'], 'change' | 'status' | 'version'> & Partial<ViolationChanged['data']>, parts: ViolationParts = {}): Received<ViolationEvent> {
  const { subject, facts } = factsOf(id, parts)
  const data = { ...facts, isOngoing: true, changedAt: '2026-03-02T12:00:00.000Z', ...change }
  return receivedOf(buildEvent(violationChanged, { id: derivedId(id, 'violations.v1', `${change.version}`), subject, time: data.changedAt, tenantid: parts.tenantId ?? 'acme', data }))
}
