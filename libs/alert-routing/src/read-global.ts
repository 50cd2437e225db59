import { booleanOf, complain, durationOf, fieldsOf, textOf, type Place, type Reading } from './configuration-place.ts'
import type { HttpAuthorization } from './configuration.ts'
import { optionalSecretOf, readHttpConfig, urlOf } from './read-http-config.ts'

/** What receivers have where they don't say it themselves. */
export interface GlobalDefaults {
  readonly resolveTimeoutMs: number
  readonly smtpFrom: string | undefined
  readonly smtpSmarthost: string | undefined
  readonly smtpHello: string
  readonly smtpUsername: string | undefined
  readonly smtpPassword: string | undefined
  readonly smtpRequireTls: boolean
  readonly slackApiUrl: string | undefined
  readonly pagerdutyUrl: string
  readonly authorization: HttpAuthorization | undefined
}

const fields = [
  'resolve_timeout', 'smtp_from', 'smtp_smarthost', 'smtp_hello', 'smtp_auth_username', 'smtp_auth_password', 'smtp_require_tls',
  'slack_api_url', 'pagerduty_url', 'http_config',
]

/** The mapping under `global`, with Alertmanager's defaults (docs/configuration.md, "File layout and global settings"). */
export function readGlobal(reading: Reading, place: Place | undefined): GlobalDefaults {
  const global = fieldsOf(reading, place, { fields, unsupported }) ?? new Map<string, Place>()
  return {
    resolveTimeoutMs: durationOf(reading, global.get('resolve_timeout')) ?? 300_000,
    smtpFrom: plainTextOf(reading, global.get('smtp_from')),
    smtpSmarthost: hostPortOf(reading, global.get('smtp_smarthost')),
    smtpHello: plainTextOf(reading, global.get('smtp_hello')) ?? 'localhost',
    smtpUsername: textOf(reading, global.get('smtp_auth_username')),
    smtpPassword: optionalSecretOf(reading, global.get('smtp_auth_password')),
    smtpRequireTls: booleanOf(reading, global.get('smtp_require_tls')) ?? true,
    slackApiUrl: urlOf(reading, global.get('slack_api_url')),
    pagerdutyUrl: urlOf(reading, global.get('pagerduty_url')) ?? 'https://events.pagerduty.com/v2/enqueue',
    authorization: readHttpConfig(reading, global.get('http_config')),
  }
}

/** A text of one line that stands as it is. */
export function plainTextOf(reading: Reading, place: Place | undefined): string | undefined {
  const text = textOf(reading, place)
  return text === undefined || place === undefined ? undefined : refuseTemplate(reading, place, text)
}

/** A text in which Alertmanager would fill in a Go template: here it would stand as it is, so it isn't taken. */
export function refuseTemplate(reading: Reading, place: Place, text: string): string | undefined {
  return text.includes('{{') ? complain(reading, place, 'Go templates ({{ … }}) are not supported: write a plain text, or leave the field out for ours') : text
}

/** `host:port`. */
export function hostPortOf(reading: Reading, place: Place | undefined): string | undefined {
  const text = textOf(reading, place)
  if (text === undefined || place === undefined) return undefined
  const [, port] = /^(?:[^\s:@/[\]]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(text) ?? []
  return port !== undefined && Number(port) > 0 && Number(port) < 65_536 ? text : complain(reading, place, 'expected host:port, such as smtp.example.org:587')
}

function unsupported(field: string): string | undefined {
  const kind = /^(?:opsgenie|victorops|wechat|telegram|webex|rocketchat|mattermost|jira)(?=_)/.exec(field)?.[0]
  if (kind !== undefined) return `${kind} is not supported: leave its settings out`
  if (['smtp_auth_secret', 'smtp_auth_identity', 'smtp_tls_config', 'smtp_force_implicit_tls'].includes(field)) {
    return 'is not supported: mail is sent with STARTTLS, and with a name and password'
  }
  return field.startsWith('slack_app_') ? "Slack's app tokens are not supported: use slack_api_url" : undefined
}
