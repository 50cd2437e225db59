import type { Notification } from '@ott/alert-routing/notification'
import { boundedText, webLink } from './bounded-text.ts'
import { describeNotification, type AlertLine, type Description } from './describe-notification.ts'

/** Teams refuses messages of more than 28 KB, and counts two bytes a character where a proxy between makes UTF-16 of it. */
const lengthMax = 14_000
const alertsMax = 10

interface TeamsOptions {
  readonly webhookUrl: string
  readonly title: string | undefined
  /** Teams' Markdown, as whoever configured it wrote it; it goes before the alerts. */
  readonly text: string | undefined
}

/**
 * A Teams message: an adaptive card for a workflow's webhook, or a `MessageCard` where the URL is that of a classic
 * connector (`….webhook.office.com`). As many alerts as fit into what Teams takes.
 */
export function msteamsMessage(notification: Notification, { webhookUrl, title, text }: TeamsOptions): string {
  const description = describeNotification(notification)
  const heading = title ?? `${description.state} · ${description.subject}`
  const card = isClassicConnector(webhookUrl) ? messageCard : adaptiveCard
  for (let shown = Math.min(alertsMax, description.lines.length); ; shown -= 1) {
    const hidden = description.lines.length - shown + description.truncatedCount
    const body = JSON.stringify(card({ description, heading, text: (text ?? '').slice(0, 3_000), lines: description.lines.slice(0, shown), hidden, link: webLink(notification.externalURL) }))
    if (body.length <= lengthMax || shown === 0) return body
  }
}

function isClassicConnector(webhookUrl: string): boolean {
  const host = URL.parse(webhookUrl)?.hostname ?? ''
  return host === 'outlook.office.com' || host === 'outlook.office365.com' || host.endsWith('.webhook.office.com')
}

interface Card {
  readonly description: Description
  readonly heading: string
  readonly text: string
  readonly lines: readonly AlertLine[]
  readonly hidden: number
  readonly link: string | undefined
}

/** Values stand in `TextRun`s: unlike a `TextBlock`, they know no Markdown (adaptivecards.io, "TextRun"). */
function adaptiveCard({ description, heading, text, lines, hidden, link }: Card): object {
  const tone = toneOf(description.isFiring, description.severity)
  const body = [
    { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: boundedText(heading, 300), weight: 'Bolder', size: 'Large', color: tone }] },
    ...(text === '' ? [] : [{ type: 'TextBlock', text, wrap: true }]),
    ...lines.map((line) => ({
      type: 'Container',
      separator: true,
      spacing: 'Medium',
      items: [
        {
          type: 'RichTextBlock',
          inlines: [
            { type: 'TextRun', text: `${line.isFiring ? boundedText(line.severityText, 40) || 'firing' : 'resolved'}  `, weight: 'Bolder', color: toneOf(line.isFiring, line.severity) },
            { type: 'TextRun', text: boundedText(line.summary, 300), weight: 'Bolder' },
          ],
        },
        ...factsOf(line).map(([name, value]) => ({
          type: 'RichTextBlock',
          spacing: 'None',
          inlines: [
            { type: 'TextRun', text: `${name}: `, isSubtle: true },
            { type: 'TextRun', text: boundedText(value, 200) },
          ],
        })),
      ],
    })),
    ...(hidden === 0 ? [] : [{ type: 'TextBlock', text: `and ${hidden} more`, isSubtle: true, separator: true }]),
  ]
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          fallbackText: boundedText(heading, 300),
          body,
          ...(link === undefined ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open', url: link }] }),
          msteams: { width: 'Full' },
        },
      },
    ],
  }
}

/** The classic connector's card. Its sections read no Markdown where they say so; HTML is escaped. */
function messageCard({ description, heading, text, lines, hidden, link }: Card): object {
  return {
    '@type': 'MessageCard',
    '@context': 'https://schema.org/extensions',
    themeColor: description.isFiring ? (description.severity === 'medium' || description.severity === 'low' ? 'E8A200' : 'B3001B') : '1A7F37',
    summary: escaped(heading, 300),
    title: escaped(heading, 300),
    ...(text === '' ? {} : { text }),
    sections: [
      ...lines.map((line) => ({
        activityTitle: escaped(`${line.isFiring ? '' : 'Resolved: '}${line.summary}`, 300),
        facts: [...(line.severityText === '' ? [] : [['Severity', line.severityText] as const]), ...factsOf(line)].map(([name, value]) => ({ name, value: escaped(value, 200) })),
        markdown: false,
      })),
      ...(hidden === 0 ? [] : [{ text: `and ${hidden} more`, markdown: false }]),
    ],
    ...(link === undefined ? {} : { potentialAction: [{ '@type': 'OpenUri', name: 'Open', targets: [{ os: 'default', uri: link }] }] }),
  }
}

function factsOf(line: AlertLine): readonly (readonly [string, string])[] {
  const facts: readonly (readonly [string, string])[] = [
    ['Rule', line.rule],
    ['Citation', line.citation],
    ['Subject', line.subject],
    line.isFiring ? ['Since', line.since] : ['Lasted', `${line.since} to ${line.until}`],
  ]
  return facts.filter(([, value]) => value !== '')
}

/** Adaptive cards know no colours of their own, but what they stand for. */
function toneOf(isFiring: boolean, severity: Description['severity']): string {
  if (!isFiring) return 'Good'
  return severity === 'critical' || severity === 'high' ? 'Attention' : severity === undefined ? 'Default' : 'Warning'
}

function escaped(text: string, lengthMax: number): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
  return boundedText(text, lengthMax, (character) => entities[character] ?? character)
}
