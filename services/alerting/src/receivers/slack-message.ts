import type { Notification } from '@ott/alert-routing/notification'
import { boundedText, webLink } from './bounded-text.ts'
import { describeNotification, type AlertLine, type Description } from './describe-notification.ts'

const alertsMax = 10

/** A bar at the message's side; the words say the same. */
const colours = { critical: '#b3001b', high: '#d9480f', medium: '#e8a200', low: '#1c6dd0', resolved: '#1a7f37', unknown: '#6b7280' }

interface SlackOptions {
  readonly channel: string | undefined
  /** In place of the title that we write. */
  readonly title: string | undefined
  /** Slack's mrkdwn, as whoever configured it wrote it; it goes before the alerts. */
  readonly text: string | undefined
}

/**
 * A Slack message of Block Kit, for an incoming webhook or `chat.postMessage`. What comes from alerts stands in
 * `plain_text` objects only, which know no formatting, with `&`, `<` and `>` escaped, so that no label can mention
 * people, link or format. Bounds are Slack's: 3,000 characters a section, 2,000 a field, 50 blocks.
 */
export function slackMessage(notification: Notification, { channel, title, text }: SlackOptions): string {
  const description = describeNotification(notification)
  const heading = escaped(title ?? `${description.state} · ${description.subject}`, 250)
  const link = webLink(notification.externalURL)
  const shown = description.lines.slice(0, alertsMax)
  const hidden = description.lines.length - shown.length + description.truncatedCount
  const blocks = [
    ...(text === undefined || text === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: text.slice(0, 3_000) } }]),
    ...shown.flatMap(blocksOf),
    ...(hidden === 0 ? [] : [context(`and ${hidden} more`)]),
    ...(link === undefined ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: `<${linkTarget(link)}|Open>` } }]),
  ]
  return JSON.stringify({
    ...(channel === undefined ? {} : { channel }),
    // What notifications of the phone and screen readers say. Not parsed: it quotes labels.
    text: heading,
    mrkdwn: false,
    link_names: false,
    unfurl_links: false,
    attachments: [{ color: colourOf(description), fallback: heading, blocks }],
  })
}

function colourOf({ isFiring, severity }: Description): string {
  return isFiring ? colours[severity ?? 'unknown'] : colours.resolved
}

function blocksOf(line: AlertLine): readonly object[] {
  const facts: readonly (readonly [string, string])[] = [
    ['Severity', line.severityText],
    ['Rule', line.rule],
    ['Citation', line.citation],
    ['Subject', line.subject],
    line.isFiring ? ['Since', line.since] : ['Lasted', `${line.since} to ${line.until}`],
  ]
  const fields = facts.filter(([, value]) => value !== '').flatMap(([name, value]) => [{ type: 'mrkdwn', text: `*${name}*` }, plain(value, 300)])
  return [{ type: 'section', text: plain(`${line.isFiring ? '' : 'Resolved: '}${line.summary}`, 600), fields }, { type: 'divider' }]
}

function context(text: string) {
  return { type: 'context', elements: [plain(text, 300)] }
}

function plain(text: string, lengthMax: number) {
  return { type: 'plain_text', text: escaped(text, lengthMax), emoji: false }
}

/** Slack reads these three characters as control characters everywhere ("Formatting text for app surfaces", Escaping text). */
function escaped(text: string, lengthMax: number): string {
  return boundedText(text, lengthMax, (character) => (character === '&' ? '&amp;' : character === '<' ? '&lt;' : character === '>' ? '&gt;' : character))
}

function linkTarget(href: string): string {
  return href.replace(/[|<>]/g, encodeURIComponent).replaceAll('&', '&amp;')
}
