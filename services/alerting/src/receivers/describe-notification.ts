import type { NotifiedAlert, Notification } from '@ott/alert-routing/notification'
import { severities, type Severity } from '@ott/contracts/severity'
import { boundedText } from './bounded-text.ts'

/** What people see at one glance, whichever way they are told. Every value is on one line, none is blank; each message escapes and bounds them for its format. */
export interface Description {
  /** `FIRING: 2 critical`, `RESOLVED: 3`. */
  readonly state: string
  /** What it is about: the alerts' common name or rule, and the labels that the group has in common. */
  readonly subject: string
  readonly isFiring: boolean
  /** Of the gravest alert that fires, or of the gravest at all once all is over. */
  readonly severity: Severity | undefined
  readonly firingCount: number
  readonly resolvedCount: number
  /** Alerts that the notification leaves out. */
  readonly truncatedCount: number
  /** Firing ones first, then the gravest, then the oldest. */
  readonly lines: readonly AlertLine[]
}

/** One alert. Absent facts are empty. */
export interface AlertLine {
  readonly isFiring: boolean
  readonly severity: Severity | undefined
  readonly severityText: string
  /** A sentence: what happened. */
  readonly summary: string
  readonly rule: string
  readonly citation: string
  readonly subject: string
  /** `2026-03-02 08:15 UTC`. */
  readonly since: string
  /** The same, of its end; empty while it fires. */
  readonly until: string
  readonly link: string
}

/** Pure: the same notification reads the same, whoever is told. */
export function describeNotification(notification: Notification): Description {
  const lines = notification.alerts.map(lineOf).sort(byUrgency)
  const firing = lines.filter(({ isFiring }) => isFiring)
  const severity = (firing.length > 0 ? firing : lines).map((line) => line.severity).sort((a, b) => rank(b) - rank(a))[0]
  const isFiring = notification.status === 'firing'
  // Which of those left out fire nobody says; once all is over, all are resolved.
  const counted = isFiring ? firing.length : lines.length + notification.truncatedAlerts
  return {
    state: `${isFiring ? 'FIRING' : 'RESOLVED'}: ${counted}${severity === undefined || !isFiring ? '' : `, ${severity}`}`,
    subject: subjectOf(notification),
    isFiring,
    severity,
    firingCount: firing.length,
    resolvedCount: lines.length - firing.length,
    truncatedCount: notification.truncatedAlerts,
    lines,
  }
}

function lineOf({ status, labels, annotations, startsAt, endsAt, generatorURL }: NotifiedAlert): AlertLine {
  const first = (values: readonly (string | undefined)[]) => values.map((value) => boundedText(value ?? '', 1_000)).find((value) => value !== '') ?? ''
  const fact = (...names: readonly string[]) => first(names.flatMap((name) => [labels[name], annotations[name]]))
  const isFiring = status === 'firing'
  const severityText = fact('severity')
  return {
    isFiring,
    severity: severities.find((name) => name === severityText),
    severityText,
    summary: first([annotations['summary'], annotations['message'], annotations['description'], fact('alertname', 'rule'), 'Alert']),
    rule: fact('rule', 'alertname'),
    citation: fact('citation', 'regulation'),
    subject: fact('subject', 'instance'),
    since: minuteOf(startsAt),
    until: isFiring ? '' : minuteOf(endsAt),
    link: generatorURL,
  }
}

/** `critical` is 3, what has no severity of ours −1. */
function rank(severity: Severity | undefined): number {
  return severity === undefined ? -1 : severities.indexOf(severity)
}

function byUrgency(a: AlertLine, b: AlertLine): number {
  return Number(b.isFiring) - Number(a.isFiring) || rank(b.severity) - rank(a.severity) || a.since.localeCompare(b.since)
}

function subjectOf({ commonLabels, groupLabels, alerts }: Notification): string {
  const name = [commonLabels['alertname'], commonLabels['rule']].map((value) => boundedText(value ?? '', 300)).find((value) => value !== '')
  const named = new Set([name, commonLabels['severity']])
  const others = Object.entries(groupLabels).map(([label, value]) => [label, boundedText(value, 300)] as const).filter(([, value]) => value !== '' && !named.has(value))
  const group = others.map(([label, value]) => `${label} ${value}`).join(', ')
  return [name ?? (alerts.length === 1 ? 'Alert' : 'Several alerts'), group].filter((part) => part !== '').join(' · ')
}

function minuteOf(time: string): string {
  const ms = Date.parse(time)
  return Number.isNaN(ms) ? '' : `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
