import type { InhibitRule } from './inhibition.ts'
import type { Matcher } from './matcher.ts'
import type { TimeInterval } from './time-intervals.ts'

/** A tenant's alerting configuration as it was read and checked: defaults are filled in, routes have inherited. Durations in ms. */
export interface AlertingConfiguration {
  readonly resolveTimeoutMs: number
  readonly route: Route
  readonly receivers: readonly Receiver[]
  readonly inhibitRules: readonly InhibitRule[]
  /** `time_intervals` and the older `mute_time_intervals`, by name. */
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>
  readonly onCallSchedules: readonly OnCallSchedule[]
  readonly escalations: readonly EscalationPolicy[]
}

/** A node of the routing tree. What it doesn't say itself it has from its parent. */
export interface Route {
  /** Where it stands, as Alertmanager names it: `{}/{severity="high"}`, with the child's number where matchers repeat. */
  readonly key: string
  readonly receiver: string
  readonly matchers: readonly Matcher[]
  readonly continues: boolean
  /** `all` where the configuration says `['...']`. */
  readonly groupBy: readonly string[] | 'all'
  readonly groupWaitMs: number
  readonly groupIntervalMs: number
  readonly repeatIntervalMs: number
  readonly muteTimeIntervals: readonly string[]
  readonly activeTimeIntervals: readonly string[]
  /** Name of an {@link EscalationPolicy}: who is called while nobody acknowledges. */
  readonly escalation: string | undefined
  readonly routes: readonly Route[]
}

export interface Receiver {
  readonly name: string
  readonly integrations: readonly Integration[]
}

interface Integrated {
  /** Unique within its receiver: `webhook[0]`, the n-th of its kind. */
  readonly key: string
  readonly sendResolved: boolean
}

/** What a receiver is told through. URLs and keys are secrets: they stay out of logs and answers. */
export type Integration =
  | (Integrated & {
      readonly kind: 'webhook'
      readonly url: string
      /** `whsec_…` or `whsk_…`: signs as of Standard Webhooks. Ours, beyond Alertmanager. */
      readonly signingSecrets: readonly string[]
      readonly maxAlerts: number
      readonly timeoutMs: number | undefined
      readonly authorization: HttpAuthorization | undefined
    })
  | (Integrated & {
      readonly kind: 'email'
      readonly to: readonly string[]
      readonly from: string
      /** `host:port` of the SMTP server. */
      readonly smarthost: string
      readonly hello: string
      readonly username: string | undefined
      readonly password: string | undefined
      readonly requireTls: boolean
      readonly headers: Readonly<Record<string, string>>
    })
  | (Integrated & { readonly kind: 'slack'; readonly apiUrl: string; readonly channel: string | undefined; readonly title: string | undefined; readonly text: string | undefined })
  | (Integrated & { readonly kind: 'msteams'; readonly webhookUrl: string; readonly title: string | undefined; readonly text: string | undefined })
  | (Integrated & {
      readonly kind: 'pagerduty'
      /** Events API v2. */
      readonly routingKey: string
      readonly url: string
      readonly severity: string | undefined
      readonly client: string
      readonly component: string | undefined
    })
  /** A Prometheus Alertmanager, told by its API v2. Ours, beyond Alertmanager. */
  | (Integrated & { readonly kind: 'alertmanager'; readonly url: string; readonly authorization: HttpAuthorization | undefined })

export type HttpAuthorization = { readonly type: 'basic'; readonly username: string; readonly password: string } | { readonly type: 'bearer'; readonly credentials: string }

/** Who is on call, when. */
export interface OnCallSchedule {
  readonly name: string
  /** IANA name of the zone in which shifts begin, `Europe/Berlin`. */
  readonly timeZone: string
  /** A later one counts where it covers the time; gaps fall to those before. */
  readonly rotations: readonly Rotation[]
  readonly overrides: readonly OnCallOverride[]
}

export interface Rotation {
  /** Local time in the schedule's zone, `2026-01-05T09:00:00`: the first shift begins. */
  readonly start: string
  /** How long a shift is. Days and weeks are calendar ones: a handover at 9 stays at 9 when clocks change. */
  readonly shift: { readonly count: number; readonly unit: 'hours' | 'days' | 'weeks' }
  /** Names of receivers, in their order. */
  readonly receivers: readonly string[]
  /** Names of time intervals within which it counts; always where there are none. */
  readonly activeTimeIntervals: readonly string[]
}

export interface OnCallOverride {
  readonly fromMs: number
  readonly untilMs: number
  readonly receiver: string
}

/** Who is called in turn while nobody acknowledges. */
export interface EscalationPolicy {
  readonly name: string
  readonly steps: readonly EscalationStep[]
  /** How often the steps are gone through again after the first time. */
  readonly repeat: number
}

export interface EscalationStep {
  /** Since the group's first notification, or since the steps began anew. */
  readonly afterMs: number
  readonly receivers: readonly string[]
  /** Names of {@link OnCallSchedule}s: whoever is on call at that moment. */
  readonly schedules: readonly string[]
}
