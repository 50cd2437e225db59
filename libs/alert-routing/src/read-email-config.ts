import { booleanOf, complain, entriesOf, textOf, type Place, type Reading } from './configuration-place.ts'
import type { Integration } from './configuration.ts'
import { type GlobalDefaults, hostPortOf, plainTextOf } from './read-global.ts'
import { optionalSecretOf } from './read-http-config.ts'

type Email = Omit<Extract<Integration, { kind: 'email' }>, 'key' | 'sendResolved'>

/** Headers that the message has anyway. */
const ownHeaders = ['to', 'from', 'date', 'message-id', 'content-type', 'content-transfer-encoding', 'mime-version', 'bcc', 'cc', 'sender', 'return-path']

const maxAddresses = 50

/** An entry of `email_configs`. What it doesn't say it has from `global`. */
export function readEmail(reading: Reading, fields: ReadonlyMap<string, Place>, { place, defaults }: { place: Place; defaults: GlobalDefaults }): Email | undefined {
  if (!fields.has('to')) complain(reading, place, 'to is missing')
  const to = addressesOf(reading, fields.get('to'))
  const from = fields.has('from') ? plainTextOf(reading, fields.get('from')) : defaults.smtpFrom
  if (from === undefined && !fields.has('from')) complain(reading, place, 'from is missing, and there is no global smtp_from')
  const smarthost = fields.has('smarthost') ? hostPortOf(reading, fields.get('smarthost')) : defaults.smtpSmarthost
  if (smarthost === undefined && !fields.has('smarthost')) complain(reading, place, 'smarthost is missing, and there is no global smtp_smarthost')
  const rest = {
    hello: plainTextOf(reading, fields.get('hello')) ?? defaults.smtpHello,
    username: textOf(reading, fields.get('auth_username')) ?? defaults.smtpUsername,
    password: optionalSecretOf(reading, fields.get('auth_password')) ?? defaults.smtpPassword,
    requireTls: booleanOf(reading, fields.get('require_tls')) ?? defaults.smtpRequireTls,
    headers: readHeaders(reading, fields.get('headers')),
  }
  return from === undefined || smarthost === undefined ? undefined : { kind: 'email', to, from, smarthost, ...rest }
}

/** Addresses with commas between. */
function addressesOf(reading: Reading, place: Place | undefined): string[] {
  const text = plainTextOf(reading, place)
  if (text === undefined || place === undefined) return []
  const addresses = text.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g)?.map((address) => address.trim()) ?? []
  if (addresses.length === 0 || !addresses.every((address) => /[^\s@<]@[^\s@>]/.test(address))) complain(reading, place, 'expected addresses of mail with commas between')
  if (addresses.length > maxAddresses) complain(reading, place, `at most ${maxAddresses} addresses are taken`)
  return addresses
}

function readHeaders(reading: Reading, place: Place | undefined): Readonly<Record<string, string>> {
  const seen = new Set<string>()
  const headers = (entriesOf(reading, place) ?? []).flatMap(([name, value]): [string, string][] => {
    const lower = name.toLowerCase()
    if (!/^[A-Za-z0-9-]{1,100}$/.test(name)) complain(reading, value, "isn't the name of a header")
    if (ownHeaders.includes(lower)) complain(reading, value, 'is set by us')
    if (seen.has(lower)) complain(reading, value, 'is there twice')
    seen.add(lower)
    const text = plainTextOf(reading, value)
    return text === undefined ? [] : [[name, text]]
  })
  return Object.fromEntries(headers)
}
