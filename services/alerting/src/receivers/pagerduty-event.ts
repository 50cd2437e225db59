import { createHash } from 'node:crypto'
import type { Notification } from '@ott/alert-routing/notification'
import { boundedText, webLink } from './bounded-text.ts'
import { describeNotification, type AlertLine } from './describe-notification.ts'

/** Events API v2 refuses more than 512 KB. */
const bytesMax = 512_000
const alertsMax = 100

/** Our severities in PagerDuty's words; what we don't know is an `error`, as Alertmanager has it. */
const severityNames = { critical: 'critical', high: 'error', medium: 'warning', low: 'info' } as const
const knownSeverities: readonly string[] = ['critical', 'error', 'warning', 'info']

interface PagerdutyOptions {
  readonly routingKey: string
  /** One of PagerDuty's; ours is translated where absent. */
  readonly severity: string | undefined
  readonly client: string
  readonly component: string | undefined
}

/**
 * An event of PagerDuty's Events API v2. All that a group tells has one `dedup_key`, the SHA-256 of its key as
 * Alertmanager makes it: the resolve closes what the trigger opened, whichever of the two sent it.
 */
export function pagerdutyEvent(notification: Notification, options: PagerdutyOptions): string {
  const description = describeNotification(notification)
  const link = webLink(notification.externalURL)
  const severity = [options.severity?.toLowerCase(), description.severity && severityNames[description.severity]].find((name) => name !== undefined && knownSeverities.includes(name))
  const started = notification.alerts.map(({ startsAt }) => startsAt).sort()[0]
  const event = (details: object) =>
    JSON.stringify({
      routing_key: options.routingKey,
      event_action: description.isFiring ? 'trigger' : 'resolve',
      dedup_key: createHash('sha256').update(notification.groupKey).digest('hex'),
      client: boundedText(options.client, 255),
      ...(link === undefined ? {} : { client_url: link }),
      payload: {
        summary: boundedText(`${description.state} · ${description.subject}${about(description.lines)}`, 1_024),
        source: boundedText(options.client, 255) || 'alerting',
        severity: severity ?? 'error',
        ...(started === undefined ? {} : { timestamp: started }),
        ...(options.component === undefined ? {} : { component: boundedText(options.component, 255) }),
        group: boundedText(notification.receiver, 255),
        class: boundedText(notification.commonLabels['rule'] ?? notification.commonLabels['alertname'] ?? '', 255),
        custom_details: details,
      },
    })
  const counts = { num_firing: description.firingCount, num_resolved: description.resolvedCount }
  const shown = description.lines.slice(0, alertsMax)
  const hidden = description.lines.length - shown.length + description.truncatedCount
  const whole = event({ ...counts, ...(hidden === 0 ? {} : { num_left_out: hidden }), alerts: shown.map(detailsOf) })
  return Buffer.byteLength(whole) <= bytesMax ? whole : event({ ...counts, left_out: 'The alerts are left out: together they are more than an event may hold.' })
}

function about(lines: readonly AlertLine[]): string {
  const [first, second] = lines
  return first === undefined || second !== undefined || first.summary === '' ? '' : `: ${first.summary}`
}

function detailsOf({ isFiring, severityText, summary, rule, citation, subject, since, until, link }: AlertLine): object {
  const facts = { status: isFiring ? 'firing' : 'resolved', severity: severityText, summary, rule, citation, subject, since, until, link: webLink(link) ?? '' }
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== '').map(([name, value]) => [name, boundedText(value, 500)]))
}
