import { complain, durationOf, integerOf, itemsOf, longTextOf, type Place, type Reading } from './configuration-place.ts'
import type { Integration } from './configuration.ts'
import { type GlobalDefaults, plainTextOf, refuseTemplate } from './read-global.ts'
import { readHttpConfig, secretOf, urlOf } from './read-http-config.ts'

type Fields = ReadonlyMap<string, Place>
type Of<Kind extends Integration['kind']> = Omit<Extract<Integration, { kind: Kind }>, 'key' | 'sendResolved'> | undefined

interface Context {
  readonly place: Place
  readonly defaults: GlobalDefaults
}

/** An entry of `webhook_configs`, with our `signing_secret` or `signing_secrets`: the newest first, two at most while one takes over from another. */
export function readWebhook(reading: Reading, fields: Fields, { place, defaults }: Context): Of<'webhook'> {
  const url = requiredUrl(reading, fields, 'url', place)
  const secrets = [...(fields.has('signing_secret') ? [fields.get('signing_secret')] : []), ...itemsOf(reading, fields.get('signing_secrets'), 2)]
  if (fields.has('signing_secret') && fields.has('signing_secrets')) complain(reading, place, 'takes signing_secret or signing_secrets, not both')
  const signingSecrets = secrets.flatMap((secret) => signingSecretOf(reading, secret) ?? [])
  const maxAlerts = integerOf(reading, fields.get('max_alerts'), { min: 0, max: 1_000_000 }) ?? 0
  const timeoutMs = durationOf(reading, fields.get('timeout'))
  const authorization = fields.has('http_config') ? readHttpConfig(reading, fields.get('http_config')) : defaults.authorization
  // Alertmanager reads 0 as no timeout of its own.
  return url === undefined ? undefined : { kind: 'webhook', url, signingSecrets, maxAlerts, timeoutMs: timeoutMs === 0 ? undefined : timeoutMs, authorization }
}

/** An entry of `slack_configs`: an incoming webhook. */
export function readSlack(reading: Reading, fields: Fields, { place, defaults }: Context): Of<'slack'> {
  const apiUrl = fields.has('api_url') ? urlOf(reading, fields.get('api_url')) : defaults.slackApiUrl
  if (apiUrl === undefined && !fields.has('api_url')) complain(reading, place, 'api_url is missing, and there is no global slack_api_url')
  const channel = plainTextOf(reading, fields.get('channel'))
  const { title, text } = readTexts(reading, fields)
  return apiUrl === undefined ? undefined : { kind: 'slack', apiUrl, channel, title, text }
}

/** An entry of `msteams_configs` or `msteamsv2_configs`. */
export function readMsteams(reading: Reading, fields: Fields, { place }: Context): Of<'msteams'> {
  const webhookUrl = requiredUrl(reading, fields, 'webhook_url', place)
  const { title, text } = readTexts(reading, fields)
  return webhookUrl === undefined ? undefined : { kind: 'msteams', webhookUrl, title, text }
}

/** An entry of `pagerduty_configs`: Events API v2. */
export function readPagerduty(reading: Reading, fields: Fields, { place, defaults }: Context): Of<'pagerduty'> {
  if (!fields.has('routing_key')) complain(reading, place, 'routing_key is missing')
  const routingKey = secretOf(reading, fields.get('routing_key'))
  const url = fields.has('url') ? urlOf(reading, fields.get('url')) : defaults.pagerdutyUrl
  const severity = plainTextOf(reading, fields.get('severity'))
  const client = plainTextOf(reading, fields.get('client')) ?? 'OTT Compliance'
  const component = plainTextOf(reading, fields.get('component'))
  return routingKey === undefined || url === undefined ? undefined : { kind: 'pagerduty', routingKey, url, severity, client, component }
}

/** An entry of `alertmanager_configs`, ours: a Prometheus Alertmanager that is told of the alerts. */
export function readAlertmanager(reading: Reading, fields: Fields, { place, defaults }: Context): Of<'alertmanager'> {
  const url = requiredUrl(reading, fields, 'url', place)
  const authorization = fields.has('http_config') ? readHttpConfig(reading, fields.get('http_config')) : defaults.authorization
  return url === undefined ? undefined : { kind: 'alertmanager', url, authorization }
}

function requiredUrl(reading: Reading, fields: Fields, field: string, within: Place): string | undefined {
  const place = fields.get(field)
  return place === undefined ? complain(reading, within, `${field} is missing`) : urlOf(reading, place)
}

function readTexts(reading: Reading, fields: Fields): { title: string | undefined; text: string | undefined } {
  const [title, text] = ['title', 'text'].map((field) => {
    const place = fields.get(field)
    const words = longTextOf(reading, place)
    return place === undefined || words === undefined ? undefined : refuseTemplate(reading, place, words)
  })
  return { title, text }
}

/** A key as Standard Webhooks writes it: 24 to 64 bytes after `whsec_`, the 32 bytes of an ed25519 seed, or 64 with its public half, after `whsk_`. */
function signingSecretOf(reading: Reading, place: Place | undefined): string | undefined {
  const secret = secretOf(reading, place)
  if (secret === undefined || place === undefined) return undefined
  const [, kind, base64 = ''] = /^(whsec|whsk)_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(secret) ?? []
  const length = Buffer.from(base64, 'base64').length
  const isKey = kind === 'whsec' ? length >= 24 && length <= 64 : kind === 'whsk' && (length === 32 || length === 64)
  return isKey ? secret : complain(reading, place, 'expected whsec_ and 24 to 64 bytes in base64, or whsk_ and an ed25519 key of 32 or 64')
}
