import { booleanOf, complain, fieldsOf, itemsOf, requiredText, textOf, type Place, type Reading } from './configuration-place.ts'
import type { Integration, Receiver } from './configuration.ts'
import { readEmail } from './read-email-config.ts'
import type { GlobalDefaults } from './read-global.ts'
import { readAlertmanager, readMsteams, readPagerduty, readSlack, readWebhook } from './read-integrations.ts'

export const maxReceivers = 500

/** Of one receiver, of one kind. */
const maxIntegrations = 50

/** An integration without what all of them have. */
type OfKind<Kind> = Kind extends unknown ? Omit<Kind, 'key' | 'sendResolved'> : never

interface Kind {
  readonly fields: readonly string[]
  /** Alertmanager's default. */
  readonly sendResolved: boolean
  readonly read: (reading: Reading, fields: ReadonlyMap<string, Place>, context: { place: Place; defaults: GlobalDefaults }) => OfKind<Integration> | undefined
}

/** What we send through, by the name of its list, which is its name in keys too. */
const kinds: Readonly<Record<string, Kind>> = {
  webhook: { fields: ['url', 'http_config', 'max_alerts', 'timeout', 'signing_secret', 'signing_secrets'], sendResolved: true, read: readWebhook },
  email: { fields: ['to', 'from', 'smarthost', 'hello', 'auth_username', 'auth_password', 'require_tls', 'headers'], sendResolved: false, read: readEmail },
  slack: { fields: ['api_url', 'channel', 'title', 'text'], sendResolved: false, read: readSlack },
  msteams: { fields: ['webhook_url', 'title', 'text'], sendResolved: true, read: readMsteams },
  msteamsv2: { fields: ['webhook_url', 'title', 'text'], sendResolved: true, read: readMsteams },
  pagerduty: { fields: ['routing_key', 'url', 'severity', 'client', 'component'], sendResolved: true, read: readPagerduty },
  alertmanager: { fields: ['url', 'http_config'], sendResolved: true, read: readAlertmanager },
}

const ofAlertmanagerOnly = ['discord', 'incidentio', 'jira', 'mattermost', 'opsgenie', 'pushover', 'rocketchat', 'sns', 'telegram', 'victorops', 'webex', 'wechat']

/** Fields of Alertmanager's integrations that have no place in our messages. */
const unsupportedFields = [
  'html', 'payload', 'color', 'username', 'pretext', 'title_link', 'message_text', 'fallback', 'fields', 'actions', 'footer', 'short_fields', 'callback_id', 'icon_emoji', 'icon_url',
  'image_url', 'thumb_url', 'link_names', 'mrkdwn_in', 'summary', 'client_url', 'description', 'details', 'images', 'links', 'class', 'group', 'source', 'threading', 'update_message',
]

/** Other fields of theirs, and what to do instead. */
const unsupportedOthers: Readonly<Record<string, string>> = {
  http_config: 'is not supported here: the key is in the address or in a field of its own',
  tls_config: 'is not supported: certificates are verified against the usual authorities',
  force_implicit_tls: 'is not supported: mail is sent with STARTTLS',
  auth_secret: 'is not supported: use auth_username and auth_password',
  auth_identity: 'is not supported: use auth_username and auth_password',
  app_token: 'is not supported: use api_url',
  app_url: 'is not supported: use api_url',
  service_key: "is not supported: PagerDuty's Events API v2 takes a routing_key",
}

/** The names of the receivers, for those who use them before they are read. */
export function receiverNames(reading: Reading, place: Place | undefined): ReadonlySet<string> {
  const quiet = { ...reading, problems: [] }
  return new Set(itemsOf(quiet, place, maxReceivers).flatMap((item) => textOf(quiet, fieldsOf(quiet, item, { fields: ['name'] })?.get('name')) ?? []))
}

/** The list under `receivers` (docs/configuration.md, `<receiver>`). */
export function readReceivers(reading: Reading, place: Place | undefined, defaults: GlobalDefaults): readonly Receiver[] {
  const names = new Set<string>()
  return itemsOf(reading, place, maxReceivers).flatMap((item) => {
    const lists = Object.keys(kinds).map((kind) => `${kind}_configs`)
    const fields = fieldsOf(reading, item, { fields: ['name', ...lists], unsupported: unsupportedKind })
    const name = fields === undefined ? undefined : requiredText(reading, fields, 'name', item)
    if (fields === undefined || name === undefined) return []
    if (names.has(name)) complain(reading, fields.get('name') ?? item, `the receiver '${name.slice(0, 100)}' is there twice`)
    names.add(name)
    return { name, integrations: Object.entries(kinds).flatMap(([kind, how]) => readKind(reading, fields.get(`${kind}_configs`), { kind, how, defaults })) }
  })
}

function readKind(reading: Reading, place: Place | undefined, { kind, how, defaults }: { kind: string; how: Kind; defaults: GlobalDefaults }): Integration[] {
  return itemsOf(reading, place, maxIntegrations).flatMap((item, index): Integration[] => {
    const fields = fieldsOf(reading, item, { fields: ['send_resolved', ...how.fields], unsupported: unsupportedField })
    if (fields === undefined) return []
    const sendResolved = booleanOf(reading, fields.get('send_resolved')) ?? how.sendResolved
    const integration = how.read(reading, fields, { place: item, defaults })
    return integration === undefined ? [] : [{ key: `${kind}[${index}]`, sendResolved, ...integration }]
  })
}

function unsupportedKind(field: string): string | undefined {
  const kind = field.replace(/_configs$/, '')
  return ofAlertmanagerOnly.includes(kind) ? `${kind} is not supported: we send by ${Object.keys(kinds).join(', ')}` : undefined
}

function unsupportedField(field: string): string | undefined {
  if (unsupportedFields.includes(field)) return 'is not supported: the message has our form'
  return Object.hasOwn(unsupportedOthers, field) ? unsupportedOthers[field] : undefined
}
