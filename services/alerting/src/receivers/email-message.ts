import type { Notification } from '@ott/alert-routing/notification'
import { boundedText, webLink } from './bounded-text.ts'
import { describeNotification, type AlertLine, type Description } from './describe-notification.ts'

/** More alerts than anybody reads in one mail; the rest is counted. */
const alertsMax = 50

const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
/** Each has a contrast of at least 4.5 : 1 to white, as ground and as text (WCAG 2.2, 1.4.3). */
const colours = { critical: '#a4001d', high: '#b93a00', medium: '#8a5a00', low: '#1a5fb4', resolved: '#1a7037', unknown: '#4b5563' }

export interface EmailMessage {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/**
 * A mail that tells at one glance what is wrong, how grave, who it concerns and since when. The HTML keeps to what mail
 * clients show: tables, inline styles, no image, script or style sheet. Every value from outside is escaped and bounded.
 */
export function emailMessage(notification: Notification): EmailMessage {
  const description = describeNotification(notification)
  const shown = description.lines.slice(0, alertsMax)
  const hidden = description.lines.length - shown.length + description.truncatedCount
  const mail = { description, shown, hidden, link: webLink(notification.externalURL), receiver: notification.receiver }
  return { subject: boundedText(`[${description.state}] ${description.subject}`, 200), text: textOf(mail), html: htmlOf(mail) }
}

interface Mail {
  readonly description: Description
  readonly shown: readonly AlertLine[]
  readonly hidden: number
  readonly link: string | undefined
  readonly receiver: string
}

function textOf({ description, shown, hidden, link, receiver }: Mail): string {
  const alerts = shown.map((line) =>
    [
      `${line.isFiring ? boundedText(line.severityText, 40).toUpperCase() || 'FIRING' : 'RESOLVED'}  ${boundedText(line.summary, 500)}`,
      ...factsOf(line).map(([name, value]) => `  ${`${name}:`.padEnd(10)}${boundedText(value, 300)}`),
    ].join('\n'),
  )
  const parts = [
    `${description.state}\n${boundedText(description.subject, 300)}`,
    ...alerts,
    ...(hidden === 0 ? [] : [`and ${hidden} more`]),
    ...(link === undefined ? [] : [`Open: ${link}`]),
    `Sent to ${boundedText(receiver, 200)}.`,
  ]
  return `${parts.join('\n\n')}\n`
}

function htmlOf({ description, shown, hidden, link, receiver }: Mail): string {
  const colour = description.isFiring ? colours[description.severity ?? 'unknown'] : colours.resolved
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light"><title>${html(description.subject, 300)}</title></head>
<body style="margin:0;padding:0;background:#ffffff;color:#1f2328">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff"><tr><td align="center" style="padding:16px 8px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:640px;text-align:left;${font}">
<tr><td height="6" bgcolor="${colour}" style="height:6px;line-height:6px;font-size:0;background:${colour};border-radius:6px 6px 0 0">&nbsp;</td></tr>
<tr><td style="padding:14px 18px 12px;border:1px solid #d0d7de;border-width:0 1px 1px 1px">
<div style="font-size:14px;font-weight:700;letter-spacing:.03em;color:${colour}">${html(headline(description), 200)}</div>
<div style="font-size:20px;line-height:1.3;font-weight:700;padding-top:2px;word-break:break-word">${html(description.subject, 300)}</div></td></tr>
<tr><td style="padding:4px 18px 14px;border:1px solid #d0d7de;border-top:0;border-radius:0 0 6px 6px">
${shown.map(alertHtml).join('\n')}
${hidden === 0 ? '' : `<p style="margin:12px 0 0;font-size:14px;color:#59636e">and ${hidden} more</p>`}
${link === undefined ? '' : `<p style="margin:14px 0 0"><a href="${html(link, 4_000)}" style="display:inline-block;padding:8px 14px;background:#1f2328;color:#ffffff;text-decoration:none;border-radius:6px;font-size:14px">Open</a></p>`}
</td></tr>
<tr><td style="padding:10px 18px;font-size:12px;color:#59636e">Sent to ${html(receiver, 200)}.</td></tr>
</table></td></tr></table></body></html>
`
}

function headline({ state, isFiring, resolvedCount }: Description): string {
  return isFiring && resolvedCount > 0 ? `${state} (and ${resolvedCount} resolved)` : state
}

function alertHtml(line: AlertLine): string {
  const colour = line.isFiring ? colours[line.severity ?? 'unknown'] : colours.resolved
  const badge = line.isFiring ? boundedText(line.severityText, 40) || 'firing' : 'resolved'
  const link = webLink(line.link)
  const summary = html(line.summary, 500)
  const facts = factsOf(line).map(
    ([name, value]) =>
      `<tr><td valign="top" style="padding:1px 12px 1px 0;font-size:13px;color:#59636e;white-space:nowrap">${name}</td>` +
      `<td valign="top" style="padding:1px 0;font-size:14px;word-break:break-word">${html(value, 300)}</td></tr>`,
  )
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin-top:12px"><tr>
<td width="4" bgcolor="${colour}" style="background:${colour};border-radius:2px"></td>
<td style="padding:0 0 2px 12px"><div style="padding-bottom:4px;font-size:15px;line-height:1.4;word-break:break-word"><span style="display:inline-block;padding:0 7px;margin-right:6px;background:${colour};color:#ffffff;border-radius:4px;font-size:12px;line-height:20px;font-weight:700">${html(badge, 200)}</span><strong>${link === undefined ? summary : `<a href="${html(link, 4_000)}" style="color:#1f2328">${summary}</a>`}</strong></div>
<table cellpadding="0" cellspacing="0" border="0">${facts.join('')}</table></td></tr></table>`
}

function factsOf(line: AlertLine): readonly (readonly [string, string])[] {
  const facts: readonly (readonly [string, string])[] = [
    ['Subject', line.subject],
    ['Since', line.isFiring ? line.since : `${line.since}, until ${shortened(line)}`],
    ['Rule', line.rule],
    ['Citation', line.citation],
  ]
  return facts.filter(([, value]) => value !== '')
}

/** The end without its day, where it is that of the beginning. */
function shortened({ since, until }: AlertLine): string {
  return until.startsWith(since.slice(0, 10)) ? until.slice(11) : until
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function html(text: string, lengthMax: number): string {
  return boundedText(text, lengthMax, (character) => entities[character] ?? character)
}
